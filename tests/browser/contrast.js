// Returns the texts of our cards whose contrast with what is behind them is below a limit, as
// "class: ratio", by the formula of WCAG 2.2 (relative luminance).
limit => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const luminance = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = node => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  let looked = 0;
  for (const root of document.querySelectorAll('.mlops')) {
    for (const node of root.querySelectorAll('*')) {
      const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
      if (!own || node.closest('svg') || !node.offsetParent) continue;
      looked += 1;
      const back = behind(node);
      const text = over(rgba(getComputedStyle(node).color), back);
      const [dark, light] = [luminance(text), luminance(back)].sort((a, b) => a - b);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < limit) found.push(`${node.className || node.tagName} "${node.textContent.slice(0, 20)}": ${ratio.toFixed(2)}`);
    }
  }
  return { looked, found };
}
