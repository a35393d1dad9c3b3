//! Scenes of one call, told without a browser; they must not know how a call keeps its state.
