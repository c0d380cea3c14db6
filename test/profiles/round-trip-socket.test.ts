import { testRoundTrips } from './support/round-trip.ts';

testRoundTrips('http');
