// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/parse.hpp"

#include "engine/journal/format/cursor.hpp"
#include "engine/journal/format/text.hpp"
#include "io/checksum/crc32c.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace keyferry::engine {
namespace {

constexpr int kAttemptsMax = 1'000'000;

constexpr std::uint8_t kNoHexDigit = 0x10;

/// The value of each character as a lowercase hexadecimal digit. A table is used because branches
/// on checksum digits are unpredictable.
constexpr std::array<std::uint8_t, 256> kHexDigitValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoHexDigit);
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t value = 0; value < kDigits.size(); ++value) {
        values[static_cast<unsigned char>(kDigits[value])] = static_cast<std::uint8_t>(value);
    }
    return values;
}();

bool read_crc(std::string_view digits, std::uint32_t& crc) noexcept {
    crc = 0;
    std::uint8_t all = 0;
    for (const char c : digits) {
        const std::uint8_t value = kHexDigitValues[static_cast<unsigned char>(c)];
        all |= value;
        crc = crc << 4U | value;
    }
    return digits.size() == 8 && (all & kNoHexDigit) == 0;
}

/// Takes a text and stores an unescaped copy. Used for header and `run` records.
bool take_owned(JournalCursor& cursor, std::string& text) {
    std::string_view raw;
    if (!cursor.take_text(raw)) {
        return false;
    }
    std::optional<std::string> plain = read_journal_text(raw);
    if (!plain) {
        return false;
    }
    text = *std::move(plain);
    return true;
}

bool take_named(JournalCursor& cursor, std::string_view name, std::string& text) {
    return cursor.take(name) && take_owned(cursor, text);
}

bool take_named(JournalCursor& cursor, std::string_view name, std::uint64_t& value) {
    return cursor.take(name) && cursor.take_number(value);
}

bool take_version(JournalCursor& cursor, std::string_view name, int& version) {
    std::uint64_t value = 0;
    if (!take_named(cursor, name, value) || value > 1'000'000) {
        return false;
    }
    version = static_cast<int>(value);
    return true;
}

bool take_regions(JournalCursor& cursor, JournalHeader& header) {
    if (!cursor.take(",\"regions\":{")) {
        return false;
    }
    while (!cursor.take("}")) {
        if (!header.regions.empty() && !cursor.take(",")) {
            return false;
        }
        std::pair<std::string, std::uint64_t> region;
        if (!take_named(cursor, "\"", region.first) || !take_named(cursor, ":", region.second)) {
            return false;
        }
        header.regions.push_back(std::move(region));
    }
    return true;
}

bool take_accounts(JournalCursor& cursor, JournalHeader& header) {
    if (!cursor.take(",\"accounts\":[")) {
        return false;
    }
    while (!cursor.take("]")) {
        if (!header.accounts.empty() && !cursor.take(",")) {
            return false;
        }
        std::string account;
        if (!take_named(cursor, "\"", account)) {
            return false;
        }
        header.accounts.push_back(std::move(account));
    }
    return true;
}

/// The header of a run's journal has no verb.
bool take_verb(JournalCursor& cursor, JournalVerb& verb) {
    if (!cursor.take(",\"verb\":\"")) {
        return true;
    }
    std::string_view name;
    if (!cursor.take_text(name)) {
        return false;
    }
    for (const JournalVerb candidate : {JournalVerb::sync, JournalVerb::undo}) {
        if (name == name_of(candidate)) {
            verb = candidate;
            return true;
        }
    }
    return false;
}

/// Takes the members after the version numbers in a version 1 header. Later versions may have more.
bool take_header_rest(JournalCursor& cursor, JournalHeader& header) {
    if (!take_named(cursor, ",\"plan_sha256\":\"", header.plan_sha256) ||
        !take_named(cursor, ",\"jobs\":", header.jobs) || header.jobs > kJournalJobsMax ||
        !take_regions(cursor, header) || !take_accounts(cursor, header) ||
        !take_named(cursor, ",\"accounts_total\":", header.accounts_total) ||
        !take_named(cursor, ",\"partition\":\"", header.partition) ||
        !take_named(cursor, ",\"fleet\":\"", header.fleet) ||
        !take_named(cursor, ",\"tool\":\"", header.tool)) {
        return false;
    }
    header.simulated = cursor.take(",\"simulated\":true");
    return (header.simulated || cursor.take(",\"simulated\":false")) &&
           take_verb(cursor, header.verb) && (cursor.done() || header.version > kJournalVersion);
}

bool read_header(JournalCursor& cursor, JournalHeader& header) {
    std::string format;
    if (!take_named(cursor, ",\"fmt\":\"", format) || format != kJournalFormat ||
        !take_version(cursor, ",\"v\":", header.version) ||
        !take_version(cursor, ",\"min_reader\":", header.min_reader)) {
        return false;
    }
    // If this program cannot read the version, further members are ignored.
    return header.min_reader > kJournalVersion || take_header_rest(cursor, header);
}

bool take_endpoint(JournalCursor& cursor, JournalAccess& access) {
    if (!cursor.take(",\"endpoint\":\"")) {
        return true;
    }
    std::string_view name;
    if (!cursor.take_text(name)) {
        return false;
    }
    for (const auto candidate : {JournalAccess::Endpoint::aws, JournalAccess::Endpoint::custom}) {
        if (name == name_of(candidate)) {
            access.endpoint = candidate;
            return true;
        }
    }
    return false;
}

bool read_access(JournalCursor& cursor, JournalAccess& access) {
    if (!take_endpoint(cursor, access) ||
        (cursor.take(",\"origin\":\"") && !take_owned(cursor, access.origin))) {
        return false;
    }
    if (cursor.take(",\"callers\":{")) {
        do {
            JournalAccess::Caller caller;
            if (!take_named(cursor, "\"", caller.account) ||
                !take_named(cursor, ":\"", caller.arn)) {
                return false;
            }
            access.callers.push_back(std::move(caller));
        } while (cursor.take(","));
        if (!cursor.take("}")) {
            return false;
        }
    }
    return cursor.done() &&
           (access.origin.empty() || access.endpoint == JournalAccess::Endpoint::custom);
}

bool read_run(JournalCursor& cursor, JournalRun& run) {
    std::uint64_t pid = 0;
    if (!take_named(cursor, ",\"pid\":", pid) || pid > std::numeric_limits<std::int32_t>::max() ||
        !take_named(cursor, ",\"host\":\"", run.host) ||
        !take_named(cursor, ",\"boot_id\":\"", run.boot_id) ||
        !take_named(cursor, ",\"version\":\"", run.version)) {
        return false;
    }
    run.pid = static_cast<std::int64_t>(pid);
    if (cursor.take(",\"caller\":\"") && !take_owned(cursor, run.caller)) {
        return false;
    }
    if (cursor.take(",\"torn\":") && !cursor.take_number(run.torn_bytes)) {
        return false;
    }
    if (cursor.take(",\"filter\":\"") && !take_owned(cursor, run.filter)) {
        return false;
    }
    return cursor.done();
}

template <std::size_t size_with_zero>
bool take_optional_text(JournalCursor& cursor,
                        const char (&name)[size_with_zero],
                        std::string_view& raw) noexcept {
    return !cursor.take(name) || cursor.take_text(raw);
}

bool take_attribution(JournalCursor& cursor, std::optional<Attribution>& attribution) noexcept {
    if (!cursor.take(",\"how\":\"")) {
        return true;
    }
    std::string_view name;
    if (!cursor.take_text(name)) {
        return false;
    }
    for (const Attribution candidate :
         {Attribution::created, Attribution::created_reconciled, Attribution::existed}) {
        if (name == name_of(candidate)) {
            attribution = candidate;
            return true;
        }
    }
    return false;
}

bool take_creation_date(JournalCursor& cursor, std::optional<double>& creation_date_s) noexcept {
    if (!cursor.take(",\"created\":")) {
        return true;
    }
    std::uint64_t seconds = 0;
    std::string_view decimals;
    if (!cursor.take_number(seconds) || !cursor.take(".") || !cursor.take_fixed(3, decimals)) {
        return false;
    }
    std::uint64_t milliseconds = 0;
    for (const char c : decimals) {
        if (c < '0' || c > '9') {
            return false;
        }
        milliseconds = milliseconds * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (seconds > 100'000'000'000) {
        return false;
    }
    creation_date_s = static_cast<double>(seconds * 1000 + milliseconds) / 1000;
    return true;
}

bool take_clock_ahead(JournalCursor& cursor,
                      std::optional<std::chrono::milliseconds>& ahead) noexcept {
    if (!cursor.take(",\"off\":")) {
        return true;
    }
    const bool behind = cursor.take("-");
    std::uint64_t off_ms = 0;
    if (!cursor.take_number(off_ms) || (behind && off_ms == 0) ||
        off_ms > static_cast<std::uint64_t>(kJournalClockAheadMax.count())) {
        return false;
    }
    const std::chrono::milliseconds off(off_ms);
    ahead = behind ? -off : off;
    return true;
}

bool take_optional_time(JournalCursor& cursor, std::optional<io::WallTime>& time) noexcept {
    if (!cursor.take(",\"at\":\"")) {
        return true;
    }
    std::string_view text;
    if (!cursor.take_fixed(kJournalTimeBytes, text) || !cursor.take("\"")) {
        return false;
    }
    time = read_journal_time(text);
    return time.has_value();
}

bool take_throttles(JournalCursor& cursor, JournalEnd& end) {
    if (!cursor.take(",\"throttles\":{")) {
        return true;
    }
    do {
        std::string api;
        if (!take_named(cursor, "\"", api) || !cursor.take(":{")) {
            return false;
        }
        do {
            ThrottleCount count;
            count.api = api;
            if (!take_named(cursor, "\"", count.region) || !take_named(cursor, ":", count.calls)) {
                return false;
            }
            end.throttles.push_back(std::move(count));
        } while (cursor.take(","));
        if (!cursor.take("}")) {
            return false;
        }
    } while (cursor.take(","));
    return cursor.take("}") &&
           (!cursor.take(",\"throttles_other\":") || cursor.take_number(end.throttles_other));
}

bool read_end(JournalCursor& cursor, JournalEnd& end) {
    return cursor.take(",\"how\":\"") && cursor.take_text(end.how) &&
           take_optional_text(cursor, ",\"code\":\"", end.code) &&
           take_optional_text(cursor, ",\"message\":\"", end.message) &&
           take_optional_time(cursor, end.reason_time) && take_throttles(cursor, end) &&
           cursor.done();
}

/// Sets `is_known` to false if this version does not support the action. ReplicateKey is never
/// written as an action.
bool take_action(JournalCursor& cursor, JournalJobRecord& record, bool& is_known) noexcept {
    record.action = io::KmsApi::replicate_key;
    if (!cursor.take(",\"act\":\"")) {
        return true;
    }
    std::string_view name;
    if (!cursor.take_text(name)) {
        return false;
    }
    const std::optional<io::KmsApi> action = io::kms_api_named(name);
    is_known = action.has_value();
    record.action = action.value_or(io::KmsApi::replicate_key);
    return record.action != io::KmsApi::replicate_key;
}

/// The attribution is mandatory in `done` records of ReplicateKey, optional in `unusable` records
/// and in `done` records of other actions, and forbidden in all other records.
bool has_possible_attribution(const JournalJobRecord& record) noexcept {
    return record.event == JournalEvent::unusable ||
           (record.event == JournalEvent::done && record.action != io::KmsApi::replicate_key) ||
           record.attribution.has_value() == (record.event == JournalEvent::done);
}

bool read_job(JournalCursor& cursor, JournalJobRecord& record, bool& is_known) noexcept {
    std::uint64_t job = 0;
    if (!cursor.take(",\"job\":") || !cursor.take_number(job) || job >= kJournalJobsMax ||
        !cursor.take(",\"key\":\"") || !cursor.take_text(record.key) ||
        !cursor.take(",\"region\":\"") || !cursor.take_text(record.region)) {
        return false;
    }
    record.job = static_cast<planner::JobIndex>(job);
    if (!take_action(cursor, record, is_known)) {
        return false;
    }
    if (cursor.take(",\"att\":")) {
        std::uint64_t attempt = 0;
        if (!cursor.take_number(attempt) || attempt == 0 || attempt > kAttemptsMax) {
            return false;
        }
        record.attempt = static_cast<int>(attempt);
    }
    if (!take_optional_text(cursor, ",\"digest\":\"", record.digest) ||
        !take_clock_ahead(cursor, record.kms_clock_ahead) ||
        !take_attribution(cursor, record.attribution) ||
        !take_optional_text(cursor, ",\"state\":\"", record.state) ||
        !take_creation_date(cursor, record.creation_date_s) ||
        !take_optional_text(cursor, ",\"code\":\"", record.code) ||
        !take_optional_text(cursor, ",\"message\":\"", record.message) ||
        !take_optional_text(cursor, ",\"request_id\":\"", record.request_id) ||
        !take_optional_time(cursor, record.reason_time)) {
        return false;
    }
    return cursor.done() && has_possible_attribution(record) &&
           record.digest.size() <= kJournalDigestBytesMax;
}

/// `is_known` as for take_action.
bool read_before(JournalCursor& cursor, JournalBefore& before, bool& is_known) noexcept {
    std::uint64_t job = 0;
    std::string_view action;
    if (!cursor.take(",\"job\":") || !cursor.take_number(job) || job >= kJournalJobsMax ||
        !cursor.take(",\"key\":\"") || !cursor.take_text(before.key) ||
        !cursor.take(",\"region\":\"") || !cursor.take_text(before.region) ||
        !cursor.take(",\"act\":\"") || !cursor.take_text(action)) {
        return false;
    }
    before.job = static_cast<planner::JobIndex>(job);
    const std::optional<io::KmsApi> known = io::kms_api_named(action);
    is_known = known.has_value();
    before.action = known.value_or(io::KmsApi::replicate_key);
    return is_known && cursor.take(",\"part\":") && cursor.take_number(before.part) &&
           cursor.take(",\"of\":") && cursor.take_number(before.parts) &&
           cursor.take(",\"text\":\"") && cursor.take_text(before.text) && cursor.done() &&
           before.part >= 1 && before.part <= before.parts && before.parts <= kJournalPartsMax;
}

bool read_rewrite(JournalCursor& cursor, JournalRewrite& rewrite) {
    using How = JournalRewrite::How;
    std::string_view how;
    if (!cursor.take(",\"opt\":1,\"how\":\"") || !cursor.take_text(how)) {
        return false;
    }
    bool known = false;
    for (const How candidate : {How::compacted, How::salvaged, How::replanned}) {
        if (how == name_of(candidate)) {
            rewrite.how = candidate;
            known = true;
        }
    }
    return known && take_named(cursor, ",\"records\":", rewrite.records_before) &&
           take_named(cursor, ",\"lost\":", rewrite.records_lost) &&
           take_named(cursor, ",\"carried\":", rewrite.jobs_carried) &&
           take_named(cursor, ",\"dropped\":", rewrite.jobs_dropped) &&
           take_named(cursor, ",\"not_begun\":", rewrite.jobs_not_begun) &&
           (!cursor.take(",\"plan_before\":\"") ||
            take_owned(cursor, rewrite.plan_sha256_before)) &&
           cursor.done();
}

bool read_loss(JournalCursor& cursor, JournalLoss& loss) {
    return take_named(cursor, ",\"bytes\":", loss.bytes) &&
           (!cursor.take(",\"records\":") || cursor.take_number(loss.records)) && cursor.done();
}

std::optional<JournalEvent> event_named(std::string_view name) noexcept {
    constexpr std::array kMostFrequentFirst{JournalEvent::sent,
                                            JournalEvent::done,
                                            JournalEvent::accepted,
                                            JournalEvent::failed,
                                            JournalEvent::conflict,
                                            JournalEvent::unknown,
                                            JournalEvent::deferred,
                                            JournalEvent::pending,
                                            JournalEvent::unusable,
                                            JournalEvent::blocked,
                                            JournalEvent::run,
                                            JournalEvent::end,
                                            JournalEvent::access,
                                            JournalEvent::open,
                                            JournalEvent::rewritten,
                                            JournalEvent::lost,
                                            JournalEvent::before};
    for (const JournalEvent event : kMostFrequentFirst) {
        if (name == name_of(event)) {
            return event;
        }
    }
    return std::nullopt;
}

/// Sets `is_known` to false if the record requires a later version.
bool read_members(JournalCursor& cursor,
                  JournalEvent event,
                  JournalRecord& record,
                  bool& is_known) {
    switch (event) {
        case JournalEvent::open:
            return read_header(cursor, record.body.emplace<JournalHeader>());
        case JournalEvent::run:
            return read_run(cursor, record.body.emplace<JournalRun>());
        case JournalEvent::access:
            return read_access(cursor, record.body.emplace<JournalAccess>());
        case JournalEvent::end:
            return read_end(cursor, record.body.emplace<JournalEnd>());
        case JournalEvent::rewritten:
            return read_rewrite(cursor, record.body.emplace<JournalRewrite>());
        case JournalEvent::lost:
            return read_loss(cursor, record.body.emplace<JournalLoss>());
        case JournalEvent::before:
            return read_before(cursor, record.body.emplace<JournalBefore>(), is_known);
        default: {
            JournalJobRecord& job = record.body.emplace<JournalJobRecord>();
            job.event = event;
            return read_job(cursor, job, is_known);
        }
    }
}

}  // namespace

bool read_journal_frame(std::string_view line, JournalFrame& frame) noexcept {
    if (line.size() <= kJournalSealBytes || line.size() >= kJournalLineBytesMax) {
        return false;
    }
    const std::string_view sealed = line.substr(0, line.size() - kJournalSealBytes);
    const std::string_view seal = line.substr(sealed.size());
    if (!seal.starts_with(",\"c\":\"") || !seal.ends_with("\"}") ||
        !read_crc(seal.substr(6, 8), frame.crc) || io::crc32c(sealed) != frame.crc) {
        return false;
    }
    JournalCursor cursor(sealed);
    std::string_view previous;
    if (!cursor.take("{\"n\":") || !cursor.take_number(frame.sequence) || !cursor.take(",\"k\":") ||
        !cursor.take_number(frame.batch_first) || !cursor.take(",\"p\":\"") ||
        !cursor.take_fixed(8, previous) || !read_crc(previous, frame.previous_crc) ||
        !cursor.take("\"") || frame.batch_first > frame.sequence) {
        return false;
    }
    return cursor.take_fixed(cursor.size(), frame.body);
}

JournalReading read_journal_body(const JournalFrame& frame, JournalRecord& record) {
    JournalCursor cursor(frame.body);
    std::string_view time;
    std::string_view name;
    if (!cursor.take(",\"t\":\"") || !cursor.take_fixed(kJournalTimeBytes, time) ||
        !cursor.take("\",\"ev\":\"") || !cursor.take_text(name)) {
        return JournalReading::malformed;
    }
    if (!record.minute.read(time, record.time)) {
        return JournalReading::malformed;
    }
    record.sequence = frame.sequence;
    record.text = frame.body;
    const std::optional<JournalEvent> event = event_named(name);
    if (!event) {
        if (!cursor.take(",\"opt\":1")) {
            return JournalReading::unknown_event;
        }
        record.body.emplace<JournalSkipped>();
        return JournalReading::understood;
    }
    bool is_known = true;
    if (read_members(cursor, *event, record, is_known)) {
        return JournalReading::understood;
    }
    return is_known ? JournalReading::malformed : JournalReading::unknown_event;
}

}  // namespace keyferry::engine
