/** The signatures of our own clamd; here, because its tests look for them beside it. */
export { EICAR_NAME, TEST_NAME, testVirus, writeSignatures } from '@vratny/daemons';
