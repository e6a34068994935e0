const read = id => JSON.parse(document.getElementById(id).textContent);
const figures = read('figures'), config = read('config');
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
let drawn = 0, failed = 0;
for (const place of document.querySelectorAll('[data-figure]')) {
  const {spec, rows} = figures[Number(place.dataset.figure)];
  const full = {...spec, config,
    datasets: {rows}, autosize: {type: spec.width === 'container' ? 'fit-x' : 'pad', contains: 'padding'}};
  try {
    await vegaEmbed(place, full, {mode: 'vega-lite', renderer: 'svg', actions: false,
      tooltip: {theme: dark ? 'dark' : 'light'}});
    drawn += 1;
  } catch (error) {
    failed += 1;
    place.textContent = 'This figure could not be drawn: ' + error;
    place.classList.add('failed');
    console.error(place.getAttribute('aria-label'), error);
  }
}
document.documentElement.dataset.drawn = drawn;
document.documentElement.dataset.failed = failed;
