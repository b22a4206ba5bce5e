//! Kernels with the real ipykernel, in an environment that the product's own first-run path made.

mod limits;
mod notebook;
mod outputs;
mod preparation;
mod processes;
mod running;
mod widgets;
