// Scrolling over a strip that is taller than a browser lets an element be.

/** Browsers clip elements somewhere above 17 million pixels. */
const TALLEST = 8_000_000;

/**
 * Up to `TALLEST` pixels this is the browser's own scrolling. Beyond, the scroll bar stands for
 * the whole strip and the wheel moves by true pixels, so that both stay usable.
 */
export class Scroller {
  /** The pixel of the strip that is at the top of the viewport. */
  offset = 0;
  private height = 0;
  /** Where this class itself has put the scroll bar: that event is not the user's. */
  private placed = 0;

  constructor(
    private readonly viewport: HTMLElement,
    private readonly spacer: HTMLElement,
    private readonly onScroll: () => void,
  ) {
    viewport.addEventListener("scroll", this.scrolled, { passive: true });
    viewport.addEventListener("wheel", this.wheeled, { passive: false });
  }

  get page(): number {
    return this.viewport.clientHeight;
  }

  setHeight(height: number): void {
    if (height === this.height) return;
    this.height = height;
    this.spacer.style.height = `${Math.min(height, TALLEST)}px`;
    this.scrollTo(this.offset);
  }

  scrollTo(offset: number): void {
    this.offset = Math.max(0, Math.min(offset, this.height - this.page));
    this.viewport.scrollTop = this.offset / this.scale;
    this.placed = this.viewport.scrollTop;
    this.onScroll();
  }

  /** Scrolls no more than needed to have the part between `top` and `bottom` in view. */
  reveal(top: number, bottom: number): void {
    if (top < this.offset) this.scrollTo(top);
    else if (bottom > this.offset + this.page) this.scrollTo(bottom - this.page);
  }

  destroy(): void {
    this.viewport.removeEventListener("scroll", this.scrolled);
    this.viewport.removeEventListener("wheel", this.wheeled);
  }

  /** Pixels of the strip for one of the scroll bar's. */
  private get scale(): number {
    if (this.height <= TALLEST) return 1;
    return (this.height - this.page) / (TALLEST - this.page);
  }

  private readonly scrolled = (): void => {
    const { scrollTop } = this.viewport;
    if (Math.abs(scrollTop - this.placed) >= 1 || this.scale === 1) {
      this.offset = scrollTop * this.scale;
      this.placed = scrollTop;
    }
    this.onScroll();
  };

  private readonly wheeled = (event: WheelEvent): void => {
    if (this.scale === 1 || event.ctrlKey) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    this.scrollTo(this.offset + event.deltaY * unit);
  };
}
