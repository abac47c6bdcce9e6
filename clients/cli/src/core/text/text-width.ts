/** How many columns a text takes on a terminal: wide characters take two, combining ones none. */
export type TextWidth = (text: string) => number;
