import { isDeepStrictEqual } from 'node:util';
import { invalidRequest, ProblemError, type FieldFault } from '@manifold/rest';
import type { PackagedServer, PackageFacts, ServerPackages, ServerSettings } from '@manifold/server-model';
import { withProgram } from '../registry/packaged-program.js';
import { redefinedRecord } from '../registry/redefined-record.js';
import type { ServerRecord } from '@manifold/mcp-hosting';
import { changedRecord, newRecord } from '../registry/server-settings.js';
import type { ClientServer } from '../client-files/client-servers.js';
import type { ServerDefinitionDto } from './servers-document.dto.js';

/** The change that an import makes to one server. */
export interface ImportStep {
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'deleted';
  /** The new settings, without a command if the command comes from a package. If undefined, the settings stay as they are. */
  readonly settings?: ServerSettings;
  /** The record that the step leads to. Undefined if it runs a package that is not installed yet, or the server is deleted. */
  readonly record?: ServerRecord;
  /** Whether settings that are not given stay as they are, instead of getting their default. */
  readonly isPartial?: boolean;
  /** The package to install or to change to. If undefined, the package stays as it is. */
  readonly package?: PackageFacts;
}

/** The state before an import. */
export interface Present {
  readonly tenant: string;
  readonly records: readonly ServerRecord[];
  readonly packaged: ReadonlyMap<string, PackagedServer>;
  /** Undefined if packages cannot be installed. */
  readonly packages?: ServerPackages;
}

/** Placeholder for the command of a package that is not installed yet. It is only used to validate the other settings. */
const COMMAND_OF_PACKAGE = 'package';

/**
 * Checks the whole document and returns the steps that make the servers match it.
 * @param prune whether to delete servers that are not in the document
 * @throws ProblemError 400 that lists all faults of the document
 */
export function importPlan(servers: readonly ServerDefinitionDto[], present: Present, prune: boolean): ImportStep[] {
  const faults: FieldFault[] = [];
  const names = new Set<string>();
  const steps = servers.flatMap((definition, index) => {
    const pointer = `/servers/${index}`;
    if (names.has(definition.name)) faults.push(fault(`${pointer}/name`, `Server ${definition.name} occurs twice`));
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
  if (!facts)
    return packaged.has(name)
      ? [fault('/package', `Server ${name} is installed from a package: give the package`)]
      : [];
  if (!packages) return [fault('/package', 'Packages cannot be installed here')];
  return [
    ...(command === undefined ? [] : [fault('/command', 'command must not be given: it comes from the package')]),
    ...packages.faultsOf(tenant, facts).map((one) => within('/package', one)),
  ];
}

/** @throws ProblemError 400 for invalid settings */
function stepFor(definition: ServerDefinitionDto, { tenant, records, packaged }: Present): ImportStep {
  const { name, package: facts, ...settings } = definition;
  const record = records.find((one) => one.name === name);
  const now = new Date();
  if (!record) {
    const created = newRecord(tenant, name, facts ? { ...settings, command: COMMAND_OF_PACKAGE } : settings, now);
    return { name, action: 'created', settings, ...(facts ? { package: facts } : { record: created }) };
  }
  const installed = packaged.get(name);
  if (facts && !installed) throw invalidRequest([fault('/package', `Server ${name} is registered without a package`)]);
  const wanted = redefinedRecord(record, installed ? withProgram(settings, record, installed) : settings, now);
  const hasPackage = isDeepStrictEqual(asStored(facts), asStored(installed?.facts));
  const hasSettings = isSame(record, wanted);
  return {
    name,
    action: hasPackage && hasSettings ? 'unchanged' : 'updated',
    ...(!hasSettings && { settings, record: wanted }),
    ...(!hasPackage && { package: facts }),
  };
}

/**
 * Returns the step that registers a server of a client's file, or changes the server of its name. A client's file cannot express all
 * settings, such as access rules, so those that it does not give stay.
 * @throws ProblemError 400 for settings that are invalid, or that belong to the package of the server
 */
export function clientStep(
  { name, settings = {}, givenName }: Pick<ClientServer, 'name' | 'settings' | 'givenName'>,
  { tenant, records, packaged }: Present,
): ImportStep {
  const record = records.find((one) => one.name === name);
  const now = new Date();
  if (!record) return { name, action: 'created', settings, record: newRecord(tenant, name, settings, now) };
  if (givenName !== undefined && record.displayName !== settings.displayName)
    throw invalidRequest([fault('/name', `There is another server ${name}: rename this one in the file`)]);
  if (packaged.has(name)) throw invalidRequest([fault('/package', `Server ${name} is installed from a package`)]);
  const wanted = changedRecord(record, settings, now);
  if (isSame(record, wanted)) return { name, action: 'unchanged' };
  return { name, action: 'updated', settings, record: wanted, isPartial: true };
}

const isSame = (record: ServerRecord, wanted: ServerRecord): boolean =>
  isDeepStrictEqual(asStored({ ...record, updatedAt: '' }), asStored({ ...wanted, updatedAt: '' }));

/** Returns the value without undefined members, which the store does not keep. */
const asStored = (value: object | undefined): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

function faultsOf(error: unknown): readonly FieldFault[] {
  if (!(error instanceof ProblemError)) throw error;
  return error.errors.length > 0 ? error.errors : [fault('', error.message)];
}

const fault = (pointer: string, detail: string): FieldFault => ({ pointer, code: 'does_not_fit', detail });

const within = (pointer: string, one: FieldFault): FieldFault => ({ ...one, pointer: `${pointer}${one.pointer}` });
