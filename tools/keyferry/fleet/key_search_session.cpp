#include "tools/keyferry/fleet/key_search_session.hpp"

#include "engine/survey/key_search.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace keyferry {

namespace {

std::string key_search_progress(const KeySearch& search, bool as_json) {
    const KeySearchProgress at = search.progress();
    if (as_json) {
        return fmt::format(R"({{"search_keys_listed":{},"search_keys_seen":{},"calls":{}}})",
                           at.keys_listed,
                           at.keys_seen,
                           at.calls);
    }
    return fmt::format("looking for keys: {} listed, {} looked at, {} calls",
                       with_thousands(at.keys_listed),
                       with_thousands(at.keys_seen),
                       with_thousands(at.calls));
}

void tell_found(const FleetSpec& fleet, const FoundKeys& found) {
    std::vector<std::size_t> by_group(fleet.groups.size(), 0);
    for (const FoundKey& key : found.keys) {
        ++by_group[key.group];
    }
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        const FleetGroup& group = fleet.groups[g];
        if (group.select && by_group[g] == 0) {
            print_note(
                fmt::format("WARNING: group {} selects no key: does {} of account {} have "
                            "such keys, are tags and aliases spelt so?",
                            printable_line(group.name),
                            group.home->region.name(),
                            group.home->account.digits()));
        } else if (group.select) {
            print_note(fmt::format("group {} selects {} {}",
                                   printable_line(group.name),
                                   with_thousands(by_group[g]),
                                   by_group[g] == 1 ? "key" : "keys"));
        }
    }
}

void tell_unseen(const UnseenKeys& unseen) {
    const std::uint64_t count = unseen.denied + unseen.unanswered;
    if (count == 0) {
        return;
    }
    print_note(fmt::format(
        "WARNING: of {} multi-Region {} it could not be told whether a group selects them ({} "
        "denied, {} without an answer), so they are not part of the plan:",
        with_thousands(count),
        count == 1 ? "key" : "keys",
        with_thousands(unseen.denied),
        with_thousands(unseen.unanswered)));
    for (const std::string& arn : unseen.first) {
        print_note("  " + arn);
    }
    if (count > unseen.first.size()) {
        print_note(fmt::format("  and {} more", with_thousands(count - unseen.first.size())));
    }
    if (unseen.denied > 0) {
        print_note(
            "allow kms:DescribeKey and kms:ListResourceTags on them, or list them under "
            "except");
    }
}

}  // namespace

SearchEnd search_keys(const FleetSpec& fleet,
                      KmsAccess& kms,
                      boost::asio::io_context& io,
                      Clock& clock,
                      ProgressStyle style) {
    CallSession session(fleet.settings, kms, io, clock, style);
    KeySearch search(fleet, session.calls());
    SearchEnd end;
    end.exit_code = session.run([&] { return search.run(); },
                                [&](bool as_json) { return key_search_progress(search, as_json); });
    if (end.exit_code != exit_done) {
        return end;
    }
    FoundKeys found = search.take_found();
    if (!found.failure.empty()) {
        print_note("the keys that the spec selects could not be looked for: " +
                   printable(found.failure));
        print_note(found.failure_is_denial
                       ? "nothing was begun; 'keyferry permissions' shows what the caller needs"
                       : "nothing was begun; try again");
        end.exit_code = found.failure_is_denial ? exit_permission : exit_error;
        return end;
    }
    tell_found(fleet, found);
    tell_unseen(found.unseen);
    end.found = std::move(found);
    return end;
}

}  // namespace keyferry
