// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/lookup_status.hpp"

namespace keyferry::planner {

std::string_view name_of(LookupStatus status) noexcept {
    switch (status) {
        case LookupStatus::not_requested:
            return "not requested";
        case LookupStatus::found:
            return "found";
        case LookupStatus::absent:
            return "not found";
        case LookupStatus::denied:
            return "denied";
        case LookupStatus::no_credentials:
            return "no credentials";
        case LookupStatus::no_response:
            return "no response";
        case LookupStatus::unreadable:
            return "unreadable";
    }
    return "?";
}

}  // namespace keyferry::planner
