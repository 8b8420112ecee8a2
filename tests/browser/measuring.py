"""Scripts that measure a page in the browser."""

TOO_WIDE = """
const found = [];
for (const element of document.querySelectorAll('body *')) {
  const box = element.getBoundingClientRect();
  if (box.right > innerWidth + 0.5) found.push(element.tagName + ' ' + element.className);
}
if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls');
return found;
"""
"""Elements that reach beyond the window."""

POOR_CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const luminance = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => c / 255)
  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
const behind = element => { for (let e = element; e; e = e.parentElement) {
  const color = rgb(getComputedStyle(e).backgroundColor); if (color[3] === 255) return color; }
  return [255, 255, 255, 255]; };
const found = {};
let looked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
  const [a, b] = [rgb(getComputedStyle(element).color), behind(element)].map(luminance).sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  looked += 1;
  const shown = walker.currentNode.data.trim().slice(0, 30);
  if (ratio < 4.5) found[element.tagName + ' ' + element.className + ': ' + shown] = ratio;
}
return [looked, found];
"""
"""How many texts were looked at, and those with a contrast below 4.5 to 1 (WCAG 2, AA)."""

BARS = """
return [...document.querySelectorAll('.plan .node')].map(node => ({
  id: node.id,
  title: node.querySelector('h4').textContent,
  visible: node.checkVisibility(),
  left: node.getBoundingClientRect().left,
  bars: [...node.querySelectorAll('svg.bar')].map(svg => {
    const track = svg.querySelector('.track').getBoundingClientRect();
    return {kind: svg.classList[1], width: track.width, height: track.height,
      parts: [...svg.querySelectorAll('rect:not(.track)')].map(rect => {
        const box = rect.getBoundingClientRect();
        return {length: 100 * box.width / track.width, from: box.left - track.left,
          told: getComputedStyle(rect).fill !== getComputedStyle(svg.querySelector('.track')).fill};
      })};
  })
}));
"""
"""Every node of the plan with its bars as they were drawn."""
