/** Times every limit of the tests: `npm run test:stress` runs several suites side by side, and also on slow machines. */
export const PATIENCE = Number(process.env['MULTI_PATIENCE'] ?? 1)
