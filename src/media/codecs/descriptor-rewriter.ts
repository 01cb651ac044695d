import { KeyFrameSyntax } from './detect-key-frame.ts';
import {
  type DescriptorNumbers,
  type DescriptorRewriter,
  RewriteKind,
  rewriteKindShift,
} from './payload-rewrite.ts';
import { Vp8Rewriter, writeVp8Descriptor } from './vp8-rewriter.ts';
import { Vp9Rewriter, writeVp9Descriptor } from './vp9-rewriter.ts';

/**
 * The rewriter for a stream that so far went out as it is, `last` being the last numbers of it; null where there
 * are none to rewrite.
 */
export function createDescriptorRewriter(last: DescriptorNumbers): DescriptorRewriter | null {
  switch (last.syntax) {
    case KeyFrameSyntax.Vp8:
      return new Vp8Rewriter(last);
    case KeyFrameSyntax.Vp9:
      return new Vp9Rewriter(last);
    default:
      return null;
  }
}

/**
 * Writes the beginning of a payload (`length` bytes at `from`) to `to` as `rewrite` says.
 * @returns how many bytes that was: in the source and in what was written
 */
export function writeDescriptor(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  to: number,
  rewrite: number,
): number {
  return rewrite >>> rewriteKindShift === RewriteKind.Vp8
    ? writeVp8Descriptor(source, from, length, bytes, to, rewrite)
    : writeVp9Descriptor(source, from, length, bytes, to, rewrite);
}
