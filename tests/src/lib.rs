//! Black box: real processes, real sockets, and the rules of the house.
