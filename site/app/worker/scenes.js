/** Turn the network's numbers for the scenes into probabilities (softmax). */
export function probable(logits, names, count) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers
    .map((power, n) => ({ name: names[n].replaceAll("_", " "), probability: power / sum }))
    .sort((one, other) => other.probability - one.probability)
    .slice(0, count);
}
