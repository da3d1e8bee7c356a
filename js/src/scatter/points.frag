#version 300 es
// A round point with a smooth edge; large ones get a rim of the background colour, so that
// neighbours stay apart.
precision highp float;

uniform float u_size;
uniform vec3 u_background;

in vec4 v_color;
out vec4 color;

void main() {
  float radius = 0.5 * u_size;
  float distance = length(gl_PointCoord - 0.5) * (u_size + 1.0);
  float cover = clamp(radius + 0.5 - distance, 0.0, 1.0);
  if (cover <= 0.0) discard;
  float rim = clamp(distance - radius + 1.5, 0.0, 1.0) * smoothstep(7.0, 11.0, u_size);
  float alpha = v_color.a * cover;
  color = vec4(mix(v_color.rgb, u_background, 0.75 * rim) * alpha, alpha);
}
