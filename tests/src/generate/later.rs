//! Steps whose functions run later: work of a queue, and of a task.

use super::builder::{Builder, Held};
use super::helpers::Callback;
use super::world;

impl Builder<'_> {
    /// Work that is done later.
    pub fn work(&mut self) {
        if !self.has_room_for_function() || !self.since(6, 10) || !self.has_locks() {
            return self.arithmetic();
        }
        let Some(value) = self.value_of(world::WORK) else { return };
        self.move_reg(1, value);
        let map = if self.careful() { world::WORK } else { world::TIMED };
        self.load_map(2, map.map);
        self.move_imm(3, 0);
        self.kernel_call("bpf_wq_init");
        self.move_reg(1, value);
        self.callback(2, Callback::Timer, world::WORK.value);
        self.move_imm(3, 0);
        self.move_imm(4, 0);
        self.kernel_call("bpf_wq_set_callback_impl");
        self.move_reg(1, value);
        self.move_imm(2, 0);
        self.kernel_call("bpf_wq_start");
        self.held[0] = Held::Scalar;
    }

    /// Work that a task does later.
    pub fn task_work(&mut self) {
        const SCHEDULE: [&str; 2] =
            ["bpf_task_work_schedule_signal_impl", "bpf_task_work_schedule_resume_impl"];
        if !self.has_room_for_function() || !self.since(6, 18) || !self.has_locks() {
            return self.work();
        }
        if self.kept(|held| held == Held::Task).is_none() {
            self.task();
        }
        let Some(value) = self.value_of(world::TASK_WORK) else { return };
        self.move_kept(1, |held| held == Held::Task);
        self.move_reg(2, value);
        let map = if self.careful() { world::TASK_WORK } else { world::WORK };
        self.load_map(3, map.map);
        self.callback(4, Callback::Timer, world::TASK_WORK.value);
        self.move_imm(5, 0);
        let schedule = self.rng.pick(&SCHEDULE);
        self.kernel_call(schedule);
        self.held[0] = Held::Scalar;
    }
}
