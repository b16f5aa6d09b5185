import { newIntegration, type ActionDefinition, type Integration } from './catalogue.js';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });

const action = (
  key: string,
  name: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ActionDefinition => ({ key, name, inputSchema: { type: 'object', properties, required } });

const GMAIL = [
  action(
    'send-email',
    'Send Email',
    {
      to: text('Address of the recipient', { format: 'email' }),
      subject: text('Subject line'),
      body: text('The text, as plain text or HTML'),
      importance: text('How urgent it is', { enum: ['low', 'normal', 'high'], default: 'normal' }),
      attachments: {
        type: 'array',
        description: 'Files to attach',
        maxItems: 10,
        items: { type: 'object', properties: { name: text('File name'), url: text('Where it is', { format: 'uri' }) } },
      },
    },
    ['to', 'subject'],
  ),
  action('read-email', 'Read Email', { id: text('Id of the message') }, ['id']),
  { key: 'list-labels', name: 'List Labels' },
];

const CALENDAR = [
  action(
    'create_event',
    'Create Event',
    {
      summary: text('Title of the event'),
      start: text('When it begins', { format: 'date-time' }),
      end: text('When it ends', { format: 'date-time' }),
      recurrence: { description: 'How it repeats', anyOf: [{ enum: ['daily', 'weekly'] }, { type: 'null' }] },
    },
    ['summary', 'start', 'end'],
  ),
  action('find-events', 'Find Events', { query: text('Words in the title or the description') }),
];

const DOCS = [
  action('create-document', 'Create Document', { title: text('Title'), content: text('The text, as Markdown') }, [
    'title',
  ]),
  action('append-text', 'Append Text', { documentId: text('Id of the document'), content: text('The text') }, [
    'documentId',
    'content',
  ]),
];

const HUBSPOT = [
  action(
    'create-contact',
    'Create Contact',
    {
      email: text('Address of the contact', { format: 'email' }),
      stage: text('How far the contact has come', { enum: ['lead', 'opportunity', 'customer'] }),
      fields: { type: 'object', description: 'Further properties', additionalProperties: { type: 'string' } },
    },
    ['email'],
  ),
  action('search-contacts', 'Search Contacts', { query: text('What to look for', { minLength: 1 }) }, ['query']),
];

/** Returns names and schemas like real ones: keys with `-` and `_`, descriptions, formats, enums, nested objects, no schema at all. */
export const defaultCatalogue = (): Integration[] => [
  newIntegration('gmail', 'Gmail', GMAIL),
  newIntegration('google-calendar', 'Google Calendar', CALENDAR),
  newIntegration('google-docs', 'Google Docs', DOCS),
  newIntegration('hubspot', 'HubSpot', HUBSPOT),
];
