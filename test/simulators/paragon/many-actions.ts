import { newIntegration, type ActionDefinition, type Integration } from './catalogue.js';

const INTEGRATIONS = 10;

/** Returns a catalogue of exactly `count` actions, spread over ten integrations (`suite0` to `suite9`), each of the size of a real one. */
export function manyActions(count: number): Integration[] {
  return Array.from({ length: INTEGRATIONS }, (_, index) => {
    const share = Math.floor(count / INTEGRATIONS) + (index < count % INTEGRATIONS ? 1 : 0);
    const actions = Array.from({ length: share }, (_, number) => recordAction(`SUITE${index}`, number));
    return { ...newIntegration(`suite${index}`, `Suite ${index}`), actions };
  });
}

function recordAction(suite: string, number: number): ActionDefinition {
  return {
    name: `${suite}_UPDATE_RECORD_${number}`,
    description: `Update a record of kind ${number}. Use this when the user wants to change fields of a record that is already there.`,
    parameters: {
      type: 'object',
      properties: {
        recordId: { type: 'string', description: 'Id of the record to update' },
        status: { type: 'string', enum: ['open', 'in_progress', 'done'], description: 'The new state' },
        due: { type: 'string', format: 'date', description: 'Day by which it has to be done' },
        fields: {
          type: 'object',
          description: 'Further fields by name',
          properties: { title: { type: 'string' }, amount: { type: 'number', minimum: 0 } },
        },
        tags: { type: 'array', items: { type: 'string' }, maxItems: 20 },
      },
      required: ['recordId'],
      additionalProperties: false,
    },
  };
}
