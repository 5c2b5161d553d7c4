// Stands in for marker modules that have nothing to say in tests.
export {};
