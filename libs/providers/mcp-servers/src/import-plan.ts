import { isDeepStrictEqual } from 'node:util';
import { invalidRequest, Problem, type FieldFault } from '@manifold/rest';
import type { PackagedServer, PackageFacts, ServerPackages, ServerSettings } from '@manifold/server-hosting';
import { withProgram } from './packaged-program.js';
import { redefinedRecord } from './redefined-record.js';
import type { ServerRecord } from './server-record.js';
import { newRecord } from './server-settings.js';
import type { ServerDefinitionDto } from './servers-document.dto.js';

/** What is to be done about one server. */
export interface ImportStep {
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'deleted';
  /** Without a command, where that comes from a package. Not set: they stay. */
  readonly settings?: ServerSettings;
  /** Set: the package that there is to be, and is not yet. */
  readonly package?: PackageFacts;
}

/** What there is before an import. */
export interface Present {
  readonly tenant: string;
  readonly records: readonly ServerRecord[];
  readonly packaged: ReadonlyMap<string, PackagedServer>;
  /** Not set: nothing can be installed. */
  readonly packages?: ServerPackages;
}

/** Stands for the command of a package that is not installed yet. */
const COMMAND_OF_PACKAGE = 'package';

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
      faults.push(...faultsOf(error).map((one) => within(pointer, one)));
      return [];
    }
  });
  if (faults.length > 0) throw invalidRequest(faults);
  const gone = prune ? present.records.filter(({ name }) => !names.has(name)) : [];
  return [...steps, ...gone.map(({ name }) => ({ name, action: 'deleted' as const }))];
}

function faultsOfPackage(
  definition: ServerDefinitionDto,
  { tenant, packaged, packages }: Present,
): readonly FieldFault[] {
  const { name, package: facts, command } = definition;
  if (!facts) return packaged.has(name) ? [fault('/package', `Server ${name} comes from a package: name it`)] : [];
  if (!packages) return [fault('/package', 'Packages cannot be installed here')];
  return [
    ...(command === undefined ? [] : [fault('/command', 'command comes from the package')]),
    ...packages.faultsOf(tenant, facts).map((one) => within('/package', one)),
  ];
}

/** @throws Problem 400 for settings that do not fit */
function stepFor(definition: ServerDefinitionDto, { tenant, records, packaged }: Present): ImportStep {
  const { name, package: facts, ...settings } = definition;
  const record = records.find((one) => one.name === name);
  const now = new Date();
  if (!record) {
    newRecord(tenant, name, facts ? { ...settings, command: COMMAND_OF_PACKAGE } : settings, now);
    return { name, action: 'created', settings, ...(facts && { package: facts }) };
  }
  const installed = packaged.get(name);
  if (facts && !installed) throw invalidRequest([fault('/package', `Server ${name} is there without a package`)]);
  const wanted = redefinedRecord(record, installed ? withProgram(settings, record, installed) : settings, now);
  const hasPackage = isDeepStrictEqual(asStored(facts), asStored(installed?.facts));
  const hasSettings = isSame(record, wanted);
  return {
    name,
    action: hasPackage && hasSettings ? 'unchanged' : 'updated',
    ...(!hasSettings && { settings }),
    ...(!hasPackage && { package: facts }),
  };
}

const isSame = (record: ServerRecord, wanted: ServerRecord): boolean =>
  isDeepStrictEqual(asStored({ ...record, updatedAt: '' }), asStored({ ...wanted, updatedAt: '' }));

/** Without members that are undefined, which the store drops. */
const asStored = (value: object | undefined): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

function faultsOf(error: unknown): readonly FieldFault[] {
  if (!(error instanceof Problem)) throw error;
  return error.errors.length > 0 ? error.errors : [fault('', error.message)];
}

const fault = (pointer: string, detail: string): FieldFault => ({ pointer, code: 'does_not_fit', detail });

const within = (pointer: string, one: FieldFault): FieldFault => ({ ...one, pointer: `${pointer}${one.pointer}` });
