// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/machine.hpp"

#include <limits>
#include <utility>

namespace keyferry::soak {

namespace {

using Kind = MachineEvent::Kind;
using std::chrono::milliseconds;

bool is_sleep(const MachineEvent& event) {
    return event.kind == Kind::sleeps || event.kind == Kind::freezes;
}

}  // namespace

std::string_view name_of(MachineEvent::Kind kind) noexcept {
    switch (kind) {
        case Kind::disk_slows:
            return "disk syncs take up to (ms)";
        case Kind::disk_fills:
            return "the disk fills up; bytes left";
        case Kind::disk_has_room:
            return "the disk has enough space again";
        case Kind::clock_is_set:
            return "the wall clock is adjusted by (ms)";
        case Kind::sleeps:
            return "the computer sleeps for (ms)";
        case Kind::freezes:
            return "the program is frozen for (ms)";
    }
    return "?";
}

Machine::Machine(const std::vector<MachineEvent>& events, std::uint64_t seed)
    : events_(&events), random_(seed, "disk") {
    add_file();
}

void Machine::change_events(const std::vector<MachineEvent>& events) {
    events_ = &events;
    applied_events_ = 0;
}

void Machine::add_file() {
    files_.push_back(std::make_unique<io::MemoryAppendFile>());
    file().while_syncing(while_syncing_);
    if (is_disk_full_) {
        file().limit_size(bytes_left_);
    }
}

void Machine::while_syncing(std::function<void()> action) {
    while_syncing_ = std::move(action);
    file().while_syncing(while_syncing_);
}

void Machine::advance_to(io::Moment now, bool skips_sleeps) {
    for (; applied_events_ < events_->size(); ++applied_events_) {
        const MachineEvent& event = (*events_)[applied_events_];
        if (event.at > now || (is_sleep(event) && !skips_sleeps)) {
            return;
        }
        switch (event.kind) {
            case Kind::disk_slows:
                sync_time_max_ = milliseconds(event.amount);
                break;
            case Kind::disk_fills:
                is_disk_full_ = true;
                bytes_left_ = static_cast<std::uint64_t>(event.amount);
                file().limit_size(file().content().size() + bytes_left_);
                break;
            case Kind::disk_has_room:
                is_disk_full_ = false;
                file().limit_size(std::numeric_limits<std::uint64_t>::max());
                break;
            case Kind::clock_is_set:
                clock_ahead_ += milliseconds(event.amount);
                break;
            case Kind::sleeps:
            case Kind::freezes:
                break;
        }
    }
}

std::optional<io::Moment> Machine::next_event() const {
    return applied_events_ < events_->size() && !is_sleep((*events_)[applied_events_])
               ? std::optional((*events_)[applied_events_].at)
               : std::nullopt;
}

const MachineEvent* Machine::next_sleep() const {
    return applied_events_ < events_->size() && is_sleep((*events_)[applied_events_])
               ? &(*events_)[applied_events_]
               : nullptr;
}

void Machine::wake_up(io::Moment now) {
    const MachineEvent& sleep = (*events_)[applied_events_++];
    if (sleep.kind == Kind::sleeps) {
        clock_ahead_ += milliseconds(sleep.amount);
        kms_ahead_ += milliseconds(sleep.amount);
    }
    woken_at_ = now;
}

std::chrono::nanoseconds Machine::draw_sync_time() {
    return sync_time_max_ == milliseconds(0)
               ? std::chrono::nanoseconds(0)
               : random_.within(simulator::DurationRange{sync_time_max_ / 2, sync_time_max_});
}

}  // namespace keyferry::soak
