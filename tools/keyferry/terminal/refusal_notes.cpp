// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/refusal_notes.hpp"

#include "io/names/duration_text.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace keyferry::cli {

namespace {

double retried_for_max_s(const engine::RetriedRefusal& refusal) {
    return std::chrono::duration<double>(refusal.retried_for_max).count();
}

}  // namespace

std::string refusal_message(const engine::RetriedRefusal& refusal) {
    return fmt::format("{} in {} (account {}) was refused; retrying for up to {}: {}: {}",
                       name_of(refusal.api),
                       refusal.place.region.name(),
                       refusal.place.account.digits(),
                       io::long_duration_text(retried_for_max_s(refusal)),
                       refusal.code,
                       refusal.message);
}

std::string refusal_json(const engine::RetriedRefusal& refusal) {
    boost::json::object details;
    details["account"] = refusal.place.account.digits();
    details["region"] = refusal.place.region.name();
    details["operation"] = name_of(refusal.api);
    details["code"] = refusal.code;
    details["message"] = refusal.message;
    details["retried_for_max_s"] = retried_for_max_s(refusal);
    boost::json::object object;
    object["refusal"] = std::move(details);
    return boost::json::serialize(object);
}

void RefusalNotes::show(const engine::RetriedRefusal& refusal) {
    if (shown_.size() >= kNotesMax ||
        !shown_.emplace(refusal.place, refusal.api, refusal.code).second) {
        return;
    }
    if (style_ == ProgressStyle::json) {
        show_progress(style_, refusal_json(refusal));
        return;
    }
    end_progress(style_);
    log_message(refusal_message(refusal));
}

}  // namespace keyferry::cli
