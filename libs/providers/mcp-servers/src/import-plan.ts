import { isDeepStrictEqual } from 'node:util';
import { invalidRequest, Problem, type FieldFault } from '@manifold/rest';
import type { PackageFacts, ServerPackages, ServerSettings } from '@manifold/server-hosting';
import { redefinedRecord } from './redefined-record.js';
import type { ServerRecord } from './server-record.js';
import { newRecord } from './server-settings.js';
import type { ServerDefinitionDto } from './servers-document.dto.js';

/** What is to be done about one server. */
export interface ImportStep {
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'deleted';
  readonly settings: ServerSettings;
  /** Set: another package is to be installed than there is. */
  readonly install?: PackageFacts;
}

/** What there is before an import. */
export interface Present {
  readonly tenant: string;
  readonly records: readonly ServerRecord[];
  readonly packages?: ServerPackages;
}

/** Stands for the command of a package that is not installed yet. */
const COMMAND_OF_PACKAGE = { command: 'package' };

/**
 * Checks a whole document, and says what makes the servers what it wants.
 * @param prune whether servers that are not in the document go
 * @throws Problem 400 that names all faults
 */
export function importPlan(servers: readonly ServerDefinitionDto[], present: Present, prune: boolean): ImportStep[] {
  const faults: FieldFault[] = [];
  const names = new Set<string>();
  const steps = servers.flatMap((definition, index) => {
    const pointer = `/servers/${index}`;
    if (names.has(definition.name)) faults.push(fault(`${pointer}/name`, `Server ${definition.name} is there twice`));
    names.add(definition.name);
    const found = faultsOfPackage(definition, present);
    faults.push(...found.map((one) => within(pointer, one)));
    if (found.length > 0) return [];
    try {
      return [stepFor(definition, present)];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const found = error.errors.length > 0 ? error.errors : [fault('', error.message)];
      faults.push(...found.map((one) => within(pointer, one)));
      return [];
    }
  });
  if (faults.length > 0) throw invalidRequest(faults);
  const gone = prune ? present.records.filter(({ name }) => !names.has(name)) : [];
  return [...steps, ...gone.map(({ name }) => ({ name, action: 'deleted' as const, settings: {} }))];
}

function faultsOfPackage(definition: ServerDefinitionDto, { tenant, packages }: Present): readonly FieldFault[] {
  const { name, package: facts, transportType = 'stdio' } = definition;
  if (!facts) {
    return packages?.factsOf(tenant, name) ? [fault('/package', `Server ${name} comes from a package: name it`)] : [];
  }
  if (!packages) return [fault('/package', 'Packages cannot be installed here')];
  const own = transportType === 'stdio' ? (['command', 'args'] as const) : [];
  return [
    ...own
      .filter((field) => definition[field] !== undefined)
      .map((field) => fault(`/${field}`, `${field} comes from the package`)),
    ...packages.faultsOf(facts).map((one) => within('/package', one)),
  ];
}

/** @throws Problem 400 for settings that do not fit */
function stepFor(definition: ServerDefinitionDto, { tenant, records, packages }: Present): ImportStep {
  const { name, package: facts, ...given } = definition;
  const record = records.find((one) => one.name === name);
  const settings = facts ? { ...given, ...programOf(record) } : given;
  const now = new Date();
  if (!record) {
    newRecord(tenant, name, settings, now);
    return { name, action: 'created', settings: facts ? given : settings, ...(facts && { install: facts }) };
  }
  const wanted = redefinedRecord(record, settings, now);
  const otherPackage =
    facts !== undefined && !isDeepStrictEqual(asStored(facts), asStored(packages!.factsOf(tenant, name)));
  if (otherPackage) return { name, action: 'updated', settings: given, install: facts };
  return { name, action: isSame(record, wanted) ? 'unchanged' : 'updated', settings };
}

/** A package that stays keeps its command. */
function programOf(record: ServerRecord | undefined): { command: string; args?: string[] } {
  if (record?.transport.transportType !== 'stdio') return COMMAND_OF_PACKAGE;
  const { command, args } = record.transport;
  return { command, args };
}

const isSame = (record: ServerRecord, wanted: ServerRecord): boolean =>
  isDeepStrictEqual(asStored({ ...record, updatedAt: '' }), asStored({ ...wanted, updatedAt: '' }));

/** Without members that are undefined, which the store drops. */
const asStored = (value: object | undefined): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

const fault = (pointer: string, detail: string): FieldFault => ({ pointer, code: 'does_not_fit', detail });

const within = (pointer: string, one: FieldFault): FieldFault => ({ ...one, pointer: `${pointer}${one.pointer}` });
