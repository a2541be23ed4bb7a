import { giveWay } from '@vratny/waiting';
import { NAME_CHARS_PER_TURN, NAME_COST_CHARS } from '../limits.ts';

/** Called before each name is judged: lets other work of the process have its turn when enough was judged in this one. */
export type NameTurns = (name: string) => Promise<void> | undefined;

/** Begins a turn. What a name costs grows with its length. */
export function createNameTurns(turn: () => Promise<void> = giveWay): NameTurns {
  let chars = 0;
  return (name) => {
    chars += NAME_COST_CHARS + name.length;
    if (chars < NAME_CHARS_PER_TURN) return undefined;
    chars = 0;
    return turn();
  };
}
