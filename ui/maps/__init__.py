"""Maps: frames in, one folium map out, whole without a network."""
