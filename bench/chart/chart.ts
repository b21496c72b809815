/** Panels side by side, with one title. */
export interface Chart {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Lines over one pair of axes. */
export interface Panel {
  /** What is shown, with its unit. */
  readonly title: string;
  /** What lies along the horizontal axis, with its unit. */
  readonly xTitle: string;
  readonly xScale: 'log' | 'linear';
  /** At most four. */
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  /** In the order in which they are joined. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Drawn as a bar through the point where it is given. */
  readonly spread?: { readonly low: number; readonly high: number };
}
