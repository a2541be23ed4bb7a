import type { Extension } from './extension.ts';

/** RFC 3030 §2: BDAT beside DATA. BINARYMIME (§3) is not offered: no store takes lines that are none. */
export const chunking: Extension = { keyword: 'CHUNKING', advertise: () => 'CHUNKING' };
