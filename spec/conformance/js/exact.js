// SPDX-License-Identifier: MIT
// What came over the wire, as exact text. JavaScript reads numbers as doubles, so the
// arguments are cut out of the JSON text, and MessagePack is spelled out with BigInt.
'use strict';

// End of the JSON value that starts at `at`.
function jsonEnd(text, at) {
  let depth = 0;
  let inString = false;
  for (let i = at; i < text.length; i += 1) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i += 1;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') depth += 1;
    else if ((c === '}' || c === ']' || c === ',') && depth === 0) return i;
    else if (c === '}' || c === ']') depth -= 1;
  }
  return text.length;
}

// The text of a member of a JSON object (one level deep), or undefined.
function jsonMember(text, name) {
  let at = 1;
  while (at < text.length) {
    const colon = jsonEnd(text, at);
    const pair = text.slice(at, colon);
    const match = /^\s*("(?:[^"\\]|\\.)*")\s*:\s*([^]*?)\s*$/.exec(pair);
    if (match && JSON.parse(match[1]) === name) return match[2];
    at = colon + 1;
  }
  return undefined;
}

// Heads of MessagePack: first byte -> [kind, bytes of the number that follows].
const HEADS = {
  0xc4: ['bin', 1], 0xc5: ['bin', 2], 0xc6: ['bin', 4], 0xcc: ['uint', 1], 0xcd: ['uint', 2], 0xce: ['uint', 4],
  0xcf: ['uint', 8], 0xd0: ['int', 1], 0xd1: ['int', 2], 0xd2: ['int', 4], 0xd3: ['int', 8], 0xd9: ['str', 1],
  0xda: ['str', 2], 0xdb: ['str', 4], 0xdc: ['array', 2], 0xdd: ['array', 4], 0xde: ['map', 2], 0xdf: ['map', 4],
};

function bigint(bytes, at, length, signed) {
  let value = 0n;
  for (let i = 0; i < length; i += 1) value = value * 256n + BigInt(bytes[at + i]);
  return signed ? BigInt.asIntN(length * 8, value) : value;
}

// [kind, value or length, position after the head]
function head(bytes, at) {
  const b = bytes[at];
  if (b < 0x80) return ['uint', BigInt(b), at + 1];
  if (b < 0x90) return ['map', b & 15, at + 1];
  if (b < 0xa0) return ['array', b & 15, at + 1];
  if (b < 0xc0) return ['str', b & 31, at + 1];
  if (b >= 0xe0) return ['int', BigInt(b - 256), at + 1];
  if (b === 0xc0) return ['plain', 'null', at + 1];
  if (b === 0xc2 || b === 0xc3) return ['plain', String(b === 0xc3), at + 1];
  if (b === 0xca || b === 0xcb) return ['float', b === 0xca ? 4 : 8, at + 1];
  const known = HEADS[b];
  if (!known) throw new Error(`no text for the MessagePack type ${b}`);
  const value = bigint(bytes, at + 1, known[1], known[0] === 'int');
  return [known[0], known[0].endsWith('int') ? value : Number(value), at + 1 + known[1]];
}

function floatText(value) {
  return Number.isInteger(value) && !/e/.test(String(value)) ? `${value}.0` : String(value);
}

function several(bytes, at, count, open, close, pairs) {
  const parts = [];
  let next = at;
  for (let i = 0; i < count; i += 1) {
    let text;
    [text, next] = msgpackText(bytes, next);
    if (pairs) {
      const key = text;
      [text, next] = msgpackText(bytes, next);
      text = `${key}:${text}`;
    }
    parts.push(text);
  }
  return [open + parts.join(',') + close, next];
}

// A MessagePack value as JSON text with every digit, and the position after it.
function msgpackText(bytes, at) {
  const [kind, value, next] = head(bytes, at);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  switch (kind) {
    case 'float': return [floatText(value === 4 ? view.getFloat32(next) : view.getFloat64(next)), next + value];
    case 'str': return [JSON.stringify(Buffer.from(bytes.subarray(next, next + value)).toString()), next + value];
    case 'bin': return [`bin(${Buffer.from(bytes.subarray(next, next + value)).toString('hex')})`, next + value];
    case 'array': return several(bytes, next, value, '[', ']', false);
    case 'map': return several(bytes, next, value, '{', '}', true);
    default: return [String(value), next];
  }
}

// The elements of a MessagePack array, each as text.
function msgpackElements(bytes) {
  const [, count, start] = head(bytes, 0);
  const parts = [];
  let at = start;
  for (let i = 0; i < count; i += 1) {
    let text;
    [text, at] = msgpackText(bytes, at);
    parts.push(text);
  }
  return parts;
}

// The frames of a binary message: each has its length in front, seven bits a byte.
function msgpackFrames(bytes) {
  const frames = [];
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let shift = 0;
    let b;
    do {
      b = bytes[at];
      at += 1;
      length += (b & 127) * 2 ** shift;
      shift += 7;
    } while (b & 128);
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}

// Raw messages of one receive: { type, target, id, arguments, item } as exact text.
function messages(input) {
  if (typeof input === 'string') {
    return input.split('\x1e').filter((text) => text !== '').map((text) => ({
      type: Number(jsonMember(text, 'type')), arguments: jsonMember(text, 'arguments'), item: jsonMember(text, 'item'),
    }));
  }
  return msgpackFrames(new Uint8Array(input)).map((frame) => {
    const parts = msgpackElements(frame);
    const type = Number(parts[0]);
    return { type, arguments: type === 1 ? parts[4] : undefined, item: type === 2 ? parts[3] : undefined };
  });
}

module.exports = { messages, jsonMember, msgpackText };
