/** What a docstring says, with what stands in backticks as code. */
export function Doc({ text }: { text: string }) {
  // Each match leaves two parts behind the text before it: what stood in two backticks, and in one.
  const parts = text.split(/``([^`]+)``|`([^`]+)`/g);
  return <p class="doc">{parts.map((part, number) => (number % 3 === 0 ? part : part && <code key={number}>{part}</code>))}</p>;
}
