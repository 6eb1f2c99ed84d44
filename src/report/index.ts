export { type Style, type Styles, type Terminal, wantsColor, wantsLive } from './ansi.ts'
export { duration } from './duration.ts'
export {
  errorJson,
  getJson,
  type JsonOptions,
  jsonReporter,
  listJson,
  outcomesJson,
  showJson,
  statusJson,
} from './json.ts'
export { mask, maskArgv } from './mask.ts'
export { lines, type ShowOptions, showText } from './plain.ts'
export { createSink, type Outlet, type Sink, type Streams } from './sink.ts'
export { type StatusOptions, type StatusRow, statusSummary, statusText } from './status.ts'
export { type Reporter, type TextOptions, textReporter } from './text.ts'
export { errorText, usageText } from './usage.ts'
export { tailOf, wording } from './wording.ts'
