/** What the browsers of this page have beyond the standard, and the engine's errors use where it is there. */
interface ErrorConstructor {
  stackTraceLimit: number;
}
