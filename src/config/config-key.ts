/** The schema as a flat list of keys, each with its name in file, environment and on the command line. */
import * as v from 'valibot';
import type { KeyMetadata } from './key-types.ts';
import { configSchema, type sectionTitles } from './schema.ts';

export interface ConfigKey extends KeyMetadata {
  readonly section: keyof typeof sectionTitles;
  /** The property of the section in `Config`: `announcedAddresses`. */
  readonly property: string;
  /** In the file: `media.announced-addresses`. */
  readonly name: string;
  /** In the environment: `MANIFOLD_MEDIA_ANNOUNCED_ADDRESSES`. */
  readonly environmentName: string;
  /** On the command line: `media-announced-addresses`, behind two dashes. */
  readonly flag: string;
  readonly description: string;
  readonly default: unknown;
}

export const environmentPrefix = 'MANIFOLD_';

/** All keys in the order of the schema. */
export const configKeys: readonly ConfigKey[] = Object.entries(configSchema.entries).flatMap(
  ([section, schema]) =>
    Object.entries(schema.wrapped.entries as Record<string, v.GenericSchema>).map(([property, key]) =>
      describeKey(section as ConfigKey['section'], property, key),
    ),
);

function describeKey(section: ConfigKey['section'], property: string, key: v.GenericSchema): ConfigKey {
  const name = `${section}.${kebab(property)}`;
  const flag = name.replaceAll('.', '-');
  return {
    section,
    property,
    name,
    flag,
    environmentName: environmentPrefix + flag.replaceAll('-', '_').toUpperCase(),
    ...describe(key),
  };
}

/** Every key is `optional(pipe(…, description, metadata), default)`. */
function describe(key: v.GenericSchema): KeyMetadata & { description: string; default: unknown } {
  const { wrapped, default: defaultValue } = key as v.OptionalSchema<v.GenericSchema, unknown>;
  return {
    ...(v.getMetadata(wrapped) as unknown as KeyMetadata),
    description: v.getDescription(wrapped) ?? '',
    default: defaultValue,
  };
}

export function kebab(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
