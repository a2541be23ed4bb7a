import type { Rule } from '../finding.ts';
import { circles } from './circles.ts';
import { connected } from './connected.ts';
import { dependencies } from './dependencies.ts';
import { doors } from './doors.ts';
import { exportForms } from './exports.ts';
import { floors } from './floors.ts';
import { machinePaths } from './machine-paths.ts';
import { names } from './names.ts';
import { oneOfEach } from './one-of-each.ts';
import { order } from './order.ts';
import { otherHalf } from './other-half.ts';
import { policyLayers } from './policy-layers.ts';
import { size } from './size.ts';
import { sockets } from './sockets.ts';
import { standAlone } from './stand-alone.ts';
import { suites } from './suites.ts';
import { surroundings } from './surroundings.ts';
import { testSupport } from './test-support.ts';

/** Every rule that the tree is held against; each has its planted violations in `planted.test.ts`. */
export const RULES: readonly Rule[] = [
  floors,
  doors,
  surroundings,
  dependencies,
  size,
  names,
  exportForms,
  policyLayers,
  sockets,
  machinePaths,
  otherHalf,
  circles,
  testSupport,
  suites,
  connected,
  standAlone,
  oneOfEach,
  order,
];
