//! Faults that the models must notice, each with the model that notices it.

const MUTANTS: &[(&str, &str)] = &[
    ("ring without passing the mutex", "event_count::a_change_before_the_notification_is_never_missed"),
    ("listen without the fence", "event_count::a_change_before_the_notification_is_never_missed"),
    ("keep a notification when dropped", "event_count::a_dropped_listener_passes_its_notification_on"),
    ("ring without passing the mutex", "semaphore::fifo_hands_a_permit_over"),
    ("queue up without looking again", "semaphore::fifo_hands_a_permit_over"),
    ("queue up without looking again", "semaphore::barging_wakes_who_can_go_on"),
    ("release without serving the line", "semaphore::fifo_hands_a_permit_over"),
    ("leave the line without serving those behind", "semaphore::a_timed_out_head_lets_those_behind_move_up"),
    ("time out although served", "semaphore::a_grant_that_meets_a_timeout_is_not_lost"),
    ("open a generation without waking", "barrier::two_rounds"),
    ("sleep on a free word", "barrier::two_rounds"),
    ("arrive without order", "barrier::what_was_written_before_can_be_read_after"),
    ("leave without asking", "barrier::an_abort_meets_the_last_to_arrive"),
    ("free the word before the parties are counted", "barrier::one_party_fewer_after_one_has_left"),
    ("break a generation without a note", "barrier::a_reset_meets_an_arrival"),
    ("time out without looking at the generation", "barrier::a_timeout_breaks_it_for_both_or_for_none"),
    ("never evaluate a condition", "monitor::a_named_condition_comes_true"),
    ("leave a closure where it is", "monitor::a_closure_comes_true"),
    ("sleep again without passing the wake-up on", "monitor::a_closure_woken_in_vain_passes_it_on"),
    ("take without passing on", "exchange::two_takers_get_two_tokens"),
    ("serve without telling the other side", "exchange::what_sleepers_bring_and_take_is_handed_over"),
    ("time out although served", "exchange::a_service_that_meets_a_timeout_is_not_lost"),
    ("a task looks before it leaves its waker", "exchange::a_task_is_woken_at_the_end"),
    ("believe the clock", "event_count::a_notification_that_meets_a_timeout_is_not_lost"),
];

#[test]
fn every_planted_fault_is_noticed_by_a_model() {
    model_kit::every_fault_is_noticed("SYNC_PRIMS_MUTANT", MUTANTS);
}
