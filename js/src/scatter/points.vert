#version 300 es
// One vertex a row. Two cameras and two positions: while a map turns into another, a point travels on
// the screen from where the old map showed it to where the new one does.
precision highp float;
precision highp int;

layout(location = 0) in vec2 a_position;
layout(location = 1) in vec2 a_before;
layout(location = 2) in uint a_color;

uniform vec2 u_center[2];
uniform vec2 u_rest[2];
uniform vec2 u_scale[2];
uniform float u_time;      // 0: before, 1: now
uniform float u_size;      // device pixels
uniform float u_alpha;
uniform float u_mute;      // 1: these points are not selected
uniform int u_highlight;   // palette index to bring out, -1: none
uniform vec3 u_muted;      // what muted colours fade to
uniform sampler2D u_palette;

out vec4 v_color;

vec2 place(vec2 position, int camera) {
  return ((position - u_center[camera]) - u_rest[camera]) * u_scale[camera];
}

void main() {
  vec2 clip = place(a_position, 1);
  if (u_time < 1.0) clip = mix(place(a_before, 0), clip, u_time);
  float mute = u_highlight < 0 ? u_mute : (int(a_color) == u_highlight ? 0.0 : 1.0);
  vec3 color = texelFetch(u_palette, ivec2(int(a_color), 0), 0).rgb;
  v_color = vec4(mix(color, u_muted, 0.8 * mute), u_alpha * mix(1.0, 0.55, mute));
  // Muted points lie behind the others, in whichever order they are drawn.
  gl_Position = vec4(clip, 0.5 * mute, 1.0);
  gl_PointSize = u_size + 1.0;
}
