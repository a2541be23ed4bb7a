import { describe } from 'vitest';
import { describeBadInput } from './contract/bad-input-contract.ts';
import { describeCounting } from './contract/counter-contract.ts';
import { describeDoubt } from './contract/doubt-contract.ts';
import { describeGreylist } from './contract/greylist-contract.ts';
import { describeLeases } from './contract/lease-contract.ts';
import { describeLedger } from './contract/ledger-contract.ts';
import { describeModel } from './contract/model-contract.ts';
import { describeNetworks } from './contract/network-contract.ts';
import type { OpenState } from './contract/opened.ts';
import { describeOrders } from './contract/order-contract.ts';

export type { OpenedState, OpenState, StateWishes } from './contract/opened.ts';

/**
 * The suite that every state passes; call it in a test file with a way to open an empty one. `runs` is how many random series are tried.
 */
export function describeState(name: string, open: OpenState, options: { readonly runs?: number } = {}): void {
  const { runs = 100 } = options;
  describe(`state: ${name}`, () => {
    describeGreylist(open);
    describeNetworks(open);
    describeOrders(open, runs);
    describeCounting(open);
    describeLedger(open);
    describeLeases(open);
    describeDoubt(open);
    describeBadInput(open);
    describeModel(open, runs);
  });
}
