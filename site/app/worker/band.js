/**
 * Solve a symmetric positive definite system exactly, by Cholesky's factors. The pixels of an image depend on their
 * neighbours only, so numbered row by row all numbers of the matrix lie in a narrow band along its diagonal.
 */
export class Band {
  /** size: unknowns. reach: how far from the diagonal the last number of a row may be. */
  constructor(size, reach) {
    this.size = size;
    this.width = reach + 1;
    this.data = new Float64Array(size * this.width); // row i holds columns i - reach to i
  }

  set(row, column, value) {
    this.data[row * this.width + column - row + this.width - 1] = value;
  }

  /** Replace the matrix A by its factor L, with L L' = A. */
  factor() {
    const { data, size, width } = this;
    for (let i = 0; i < size; i++) {
      const row = i * width + width - 1 - i; // row + j is where L(i, j) is
      const first = Math.max(0, i - width + 1);
      for (let j = first; j <= i; j++) {
        const other = j * width + width - 1 - j;
        const sum = data[row + j] - product(data, row + first, other + first, j - first);
        data[row + j] = j < i ? sum / data[other + j] : Math.sqrt(sum);
      }
    }
    return this;
  }

  /** Solve L L' x = right, in place. */
  solve(right) {
    const { data, size, width } = this;
    for (let i = 0; i < size; i++) {
      const row = i * width + width - 1 - i;
      let sum = right[i];
      for (let k = Math.max(0, i - width + 1); k < i; k++) sum -= data[row + k] * right[k];
      right[i] = sum / data[row + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      const row = i * width + width - 1 - i;
      right[i] /= data[row + i];
      for (let k = Math.max(0, i - width + 1); k < i; k++) right[k] -= data[row + k] * right[i];
    }
    return right;
  }
}

/** The sum of products of two stretches of numbers. Four sums that don't wait for each other take a third less time. */
function product(data, one, other, count) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    a += data[one + k] * data[other + k];
    b += data[one + k + 1] * data[other + k + 1];
    c += data[one + k + 2] * data[other + k + 2];
    d += data[one + k + 3] * data[other + k + 3];
  }
  for (; k < count; k++) a += data[one + k] * data[other + k];
  return a + b + c + d;
}
