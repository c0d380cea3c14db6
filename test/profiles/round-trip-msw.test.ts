import { testRoundTrips } from './support/round-trip.ts';

testRoundTrips('msw');
