// The sign of dataview: points of a map, and the line around some of them.
import { LabIcon } from "@jupyterlab/ui-components";

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
<g class="jp-icon3" fill="#616161">
<circle cx="5.600" cy="5.400" r="1.500"/><circle cx="9.300" cy="4.600" r="1.500"/>
<circle cx="7.300" cy="8.300" r="1.500"/><circle cx="12.600" cy="10.200" r="1.200"/>
<circle cx="9.800" cy="13" r="1.200"/><circle cx="4" cy="12.600" r="1.200"/></g>
<g fill="none"><path class="jp-icon3" stroke="#616161" stroke-width="1.100" stroke-linejoin="round"
 d="M7.300 1.500C10.600 1.500 13 3 12.700 5.200 12.400 7.300 9.900 11.200 7.200 11.200 4.600 11.200 2 8.300 2 5.300 2 3 4.300 1.500 7.300 1.500Z"/></g>
</svg>`;

export const icon = new LabIcon({ name: "dataview:explorer", svgstr: SVG });
