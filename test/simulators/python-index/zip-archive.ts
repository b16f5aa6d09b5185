import { crc32 } from 'node:zlib';

/** The date of every file: 1 January 2024, in the format's encoding. */
const DATE = ((2024 - 1980) << 9) | (1 << 5) | 1;
const UTF8_NAMES = 0x0800;
const REGULAR_FILE = 0o100644;

/** @returns a zip archive of these files, uncompressed, in this order */
export function zipArchive(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const content = Buffer.from(text);
    const described = description(name, content);
    const local = Buffer.concat([signature(0x04034b50), described, name, content]);
    directory.push(Buffer.concat([signature(0x02014b50), u16(0x0314), described, placement(offset), name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const count = u16(directory.length);
  const end = [signature(0x06054b50), u16(0), u16(0), count, count, u32(central.length), u32(offset), u16(0)];
  return Buffer.concat([...parts, central, ...end]);
}

/** Returns the fields of both the local header and the directory: version, flags, method, time, date, checksum, sizes, lengths. */
function description(name: Buffer, content: Buffer): Buffer {
  const sizes = [u32(content.length), u32(content.length)];
  const head = [u16(20), u16(UTF8_NAMES), u16(0), u16(0), u16(DATE), u32(crc32(content))];
  return Buffer.concat([...head, ...sizes, u16(name.length), u16(0)]);
}

/** Returns the fields of the directory only: comment, disk, attributes, and the offset of the file. */
const placement = (offset: number): Buffer =>
  Buffer.concat([u16(0), u16(0), u16(0), u32((REGULAR_FILE << 16) >>> 0), u32(offset)]);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const signature = u32;
