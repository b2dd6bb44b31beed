//! One file for each method that does more than tell the owner.

pub mod code_action;
pub mod code_action_resolve;
pub mod code_lens;
pub mod diagnostic;
pub mod did_change_configuration;
pub mod hover;
pub mod initialize;
pub mod initialized;
