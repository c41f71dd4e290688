// Draws the alignment; every file comes from this server, by ranges.
const place = document.getElementById('igv');
const told = document.getElementById('igv-state');
if (place) {
  const at = name => new URL(place.dataset[name], document.baseURI).href;
  const options = {
    loadDefaultGenomes: false,
    showSampleNames: false,
    showSVGButton: false,
    reference: {id: 'reference', name: 'reference', fastaURL: at('fasta'), indexURL: at('fai'),
                wholeGenomeView: false},
    locus: place.dataset.locus,
    tracks: [
      {name: 'variants', type: 'variant', format: 'vcf', url: at('vcf'), indexURL: at('tbi'),
       displayMode: 'EXPANDED', height: 70},
      {name: 'reads', type: 'alignment', format: place.dataset.format, url: at('alignment'),
       indexURL: at('index'), height: 340, showSoftClips: true},
    ],
  };
  window.igv.createBrowser(place, options).then(browser => {
    told.remove();
    // igv.js leaves these without a name
    const root = place.shadowRoot ?? place;
    root.querySelector('select')?.setAttribute('aria-label', 'Contig');
    root.querySelector('input[type=range]')?.setAttribute('aria-label', 'Zoom');
    window.igvBrowser = browser;
    place.dataset.state = 'drawn';
  }).catch(error => {
    told.textContent = `The alignment can't be drawn: ${error.message ?? error}`;
    place.dataset.state = 'failed';
  });
}
