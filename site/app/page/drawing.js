/**
 * Draw strokes on a canvas: the page shows them, and the worker reads their pixels.
 *
 * A stroke is {color: "#rrggbb", width, points: [[x, y], …]}. All are parts of the picture: x of its width, y of its
 * height, the stroke's width of its longer side.
 */
export function drawStrokes(context, strokes) {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.strokeStyle = stroke.color;
    context.lineWidth = Math.max(1, stroke.width * Math.max(width, height));
    context.beginPath();
    const [first, ...others] = stroke.points.map(([x, y]) => [x * width, y * height]);
    context.moveTo(...first);
    for (const point of others.length ? others : [first]) context.lineTo(...point);
    context.stroke();
  }
}
