import { hash, randomBytes } from 'node:crypto';

/** The prefix lets secret scanners recognise a leaked key. */
const PREFIX = 'mfk_';
const GRAMMAR = /^mfk_[A-Za-z0-9_-]{43}$/;

/** Creates a key of 256 random bits. It cannot be guessed, so a plain SHA-256 is enough to store. */
export const mintApiKey = (): string => PREFIX + randomBytes(32).toString('base64url');

export const isApiKey = (text: string): boolean => GRAMMAR.test(text);

/**
 * Returns the hash that is stored and looked up instead of the key. A database dump contains no key, and the timing of a lookup reveals
 * nothing about one.
 */
export const hashApiKey = (key: string): string => hash('sha256', key, 'base64url');
