// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/record.hpp"

#include "engine/journal/format/text.hpp"
#include "io/checksum/crc32c.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <tuple>

namespace keyferry::engine {
namespace {

/// Creation dates must be between 1970 and this value (about the year 5138). Others are invalid and
/// are not written.
constexpr double kCreationDateMax_s = 1e11;

char* write_crc(char* at, std::uint32_t crc) noexcept {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    for (int shift = 28; shift >= 0; shift -= 4) {
        *at++ = kHexDigits[(crc >> static_cast<unsigned>(shift)) & 0xfU];
    }
    return at;
}

/// Names of operations and Regions have at most 32 characters.
constexpr std::size_t kThrottledNameBytesMax = 32;

/// Maximum size of the part of a line before `,"t":`.
constexpr std::size_t kFrameBytesMax = 64;

}  // namespace

std::string_view name_of(JournalAccess::Endpoint endpoint) noexcept {
    switch (endpoint) {
        case JournalAccess::Endpoint::unknown:
            return "unknown";
        case JournalAccess::Endpoint::aws:
            return "aws";
        case JournalAccess::Endpoint::custom:
            return "custom";
    }
    return "(endpoint)";
}

std::string_view name_of(JournalRewrite::How how) noexcept {
    switch (how) {
        case JournalRewrite::How::compacted:
            return "compacted";
        case JournalRewrite::How::salvaged:
            return "salvaged";
        case JournalRewrite::How::replanned:
            return "replanned";
    }
    return "(rewritten)";
}

std::string_view name_of(JournalVerb verb) noexcept {
    switch (verb) {
        case JournalVerb::run:
            return "run";
        case JournalVerb::sync:
            return "sync";
        case JournalVerb::undo:
            return "undo";
    }
    return "(verb)";
}

void JournalEncoder::put(std::string_view text) {
    assert(text.size() <= static_cast<std::size_t>(line_.data() + line_.size() - at_));
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
}

void JournalEncoder::put_number(std::uint64_t value) {
    const std::to_chars_result written = std::to_chars(at_, line_.data() + line_.size(), value);
    assert(written.ec == std::errc());
    at_ = written.ptr;
}

void JournalEncoder::put_text(std::string_view name, std::string_view text, std::size_t bytes_max) {
    put(name);
    assert(bytes_max < static_cast<std::size_t>(line_.data() + line_.size() - at_));
    at_ = write_journal_text(at_, text, bytes_max);
    put("\"");
}

void JournalEncoder::put_optional_text(std::string_view name,
                                       std::string_view text,
                                       std::size_t bytes_max) {
    if (!text.empty()) {
        put_text(name, text, bytes_max);
    }
}

void JournalEncoder::put_count(std::string_view name, std::uint64_t value) {
    put(name);
    put_number(value);
}

void JournalEncoder::put_key(const io::KeyArn& key) {
    if (partition_.empty() || key.region.name() != partition_of_region_) {
        partition_of_region_ = key.region.name();
        partition_ = key.region.partition().name;
    }
    // The ARN is formatted here because KeyArn::text() allocates a string. All parts have been
    // validated and need no escaping.
    put(",\"key\":\"arn:");
    put(partition_);
    put(":kms:");
    put(key.region.name());
    put(":");
    put(key.account.digits());
    put(":key/");
    put(key.key_id.text());
    put("\"");
}

void JournalEncoder::put_clock_ahead(std::chrono::milliseconds ahead) {
    const std::int64_t ahead_ms =
        std::clamp(ahead, -kJournalClockAheadMax, kJournalClockAheadMax).count();
    put(ahead_ms < 0 ? ",\"off\":-" : ",\"off\":");
    put_number(static_cast<std::uint64_t>(std::abs(ahead_ms)));
}

void JournalEncoder::put_creation_date(double epoch_s) {
    if (!(epoch_s >= 0 && epoch_s <= kCreationDateMax_s)) {
        return;
    }
    const auto epoch_ms = static_cast<std::uint64_t>(std::llround(epoch_s * 1000));
    put_count(",\"created\":", epoch_ms / 1000);
    const auto fraction = static_cast<unsigned>(epoch_ms % 1000);
    const std::array<char, 4> decimals{'.',
                                       static_cast<char>('0' + fraction / 100),
                                       static_cast<char>('0' + fraction / 10 % 10),
                                       static_cast<char>('0' + fraction % 10)};
    put(std::string_view(decimals.data(), decimals.size()));
}

void JournalEncoder::put_time(std::string_view name, io::WallTime time) {
    put(name);
    at_ = write_journal_time(at_, time);
    put("\"");
}

/// {"ReplicateKey":{"us-east-1":12,...},...}, sorted by name.
void JournalEncoder::put_throttles(const std::vector<ThrottleCount>& throttles) {
    std::vector<ThrottleCount> counts = throttles;
    std::erase_if(counts, [](const ThrottleCount& count) { return count.calls == 0; });
    if (counts.empty()) {
        return;
    }
    std::sort(counts.begin(), counts.end(), [](const ThrottleCount& a, const ThrottleCount& b) {
        return std::tie(b.calls, a.api, a.region) < std::tie(a.calls, b.api, b.region);
    });
    std::uint64_t others = 0;
    for (; counts.size() > kJournalThrottlesMax; counts.pop_back()) {
        others += std::min(counts.back().calls, kJournalThrottledCallsMax);
    }
    std::sort(counts.begin(), counts.end(), [](const ThrottleCount& a, const ThrottleCount& b) {
        return std::tie(a.api, a.region) < std::tie(b.api, b.region);
    });
    put(",\"throttles\":{");
    for (std::size_t index = 0; index < counts.size(); ++index) {
        const ThrottleCount& count = counts[index];
        const bool is_first_of_api = index == 0 || counts[index - 1].api != count.api;
        if (is_first_of_api) {
            put_text(index == 0 ? "\"" : "},\"", count.api, kThrottledNameBytesMax);
            put(":{");
        }
        put_text(is_first_of_api ? "\"" : ",\"", count.region, kThrottledNameBytesMax);
        put_count(":", std::min(count.calls, kJournalThrottledCallsMax));
    }
    put("}}");
    if (others > 0) {
        put_count(",\"throttles_other\":", others);
    }
}

void JournalEncoder::begin_frame() {
    at_ = line_.data();
    put_count("{\"n\":", tail_.next_sequence);
    put_count(",\"k\":", batch_first_);
    put(",\"p\":\"");
    at_ = write_crc(at_, tail_.previous_crc);
    put("\"");
}

void JournalEncoder::begin_line(io::WallTime time, JournalEvent event) {
    begin_frame();
    put(",\"t\":\"");
    at_ = write_journal_time(at_, time);
    put("\",\"ev\":\"");
    put(name_of(event));
    put("\"");
}

void JournalEncoder::end_line(std::string& out) {
    const std::uint32_t crc =
        io::crc32c(std::string_view(line_.data(), static_cast<std::size_t>(at_ - line_.data())));
    put(",\"c\":\"");
    at_ = write_crc(at_, crc);
    put("\"}\n");
    out.append(line_.data(), at_);
    ++tail_.next_sequence;
    tail_.previous_crc = crc;
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JournalHeader& header) {
    assert(tail_ == JournalTail{} && header.jobs <= kJournalJobsMax);
    begin_line(time, JournalEvent::open);
    put_text(",\"fmt\":\"", kJournalFormat, kJournalNameBytesMax);
    put_count(",\"v\":", static_cast<std::uint64_t>(header.version));
    put_count(",\"min_reader\":", static_cast<std::uint64_t>(header.min_reader));
    put_text(",\"plan_sha256\":\"", header.plan_sha256, kJournalDigestBytesMax);
    put_count(",\"jobs\":", header.jobs);
    put(",\"regions\":{");
    std::string_view separator = "\"";
    std::size_t listed = 0;
    for (const auto& [region, jobs] : header.regions) {
        if (listed++ == kJournalHeaderRegionsMax) {
            break;
        }
        put_text(separator, region, 32);  // KMS's RegionType has at most 32 characters
        put_count(":", jobs);
        separator = ",\"";
    }
    put("},\"accounts\":[");
    separator = "\"";
    listed = 0;
    for (const std::string& account : header.accounts) {
        if (listed++ == kJournalHeaderAccountsMax) {
            break;
        }
        put_text(separator, account, 12);
        separator = ",\"";
    }
    put_count("],\"accounts_total\":", header.accounts_total);
    put_text(",\"partition\":\"", header.partition, 32);
    put_text(",\"fleet\":\"", header.fleet, kJournalNameBytesMax);
    put_text(",\"tool\":\"", header.tool, 64);
    put(header.simulated ? ",\"simulated\":true" : ",\"simulated\":false");
    if (header.verb != JournalVerb::run) {
        put_text(",\"verb\":\"", name_of(header.verb), kJournalNameBytesMax);
    }
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JournalRun& run) {
    begin_line(time, JournalEvent::run);
    put_count(",\"pid\":", static_cast<std::uint64_t>(run.pid));
    put_text(",\"host\":\"", run.host, kJournalNameBytesMax);
    put_text(",\"boot_id\":\"", run.boot_id, kJournalNameBytesMax);
    put_text(",\"version\":\"", run.version, kJournalNameBytesMax);
    put_optional_text(",\"caller\":\"", run.caller, kJournalMessageBytesMax);
    if (run.torn_bytes > 0) {
        put_count(",\"torn\":", run.torn_bytes);
    }
    put_optional_text(",\"filter\":\"", run.filter, kJournalFilterBytesMax);
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JobEntry& entry) {
    assert(entry.event >= JournalEvent::sent && entry.event <= JournalEvent::pending);
    assert(entry.primary != nullptr && entry.region != nullptr && entry.attempt >= 0);
    begin_line(time, entry.event);
    put_count(",\"job\":", entry.job);
    put_key(*entry.primary);
    put(",\"region\":\"");
    put(entry.region->name());
    put("\"");
    if (entry.action != io::KmsApi::replicate_key) {
        put(",\"act\":\"");
        put(name_of(entry.action));
        put("\"");
    }
    if (entry.attempt > 0) {
        put_count(",\"att\":", static_cast<std::uint64_t>(entry.attempt));
    }
    put_optional_text(",\"digest\":\"", entry.request_digest, kJournalDigestBytesMax);
    if (entry.kms_clock_ahead) {
        put_clock_ahead(*entry.kms_clock_ahead);
    }
    if (entry.attribution) {
        put(",\"how\":\"");
        put(name_of(*entry.attribution));
        put("\"");
    }
    put_optional_text(",\"state\":\"", entry.key_state, kJournalNameBytesMax);
    if (entry.creation_date_s) {
        put_creation_date(*entry.creation_date_s);
    }
    put_optional_text(",\"code\":\"", entry.code, kJournalNameBytesMax);
    put_optional_text(",\"message\":\"", entry.message, kJournalMessageBytesMax);
    put_optional_text(",\"request_id\":\"", entry.request_id, kJournalNameBytesMax);
    if (entry.reason_time) {
        put_time(",\"at\":\"", *entry.reason_time);
    }
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const BeforeEntry& entry) {
    assert(entry.part >= 1 && entry.part <= entry.parts && entry.parts <= kJournalPartsMax);
    begin_line(time, JournalEvent::before);
    put_count(",\"job\":", entry.job);
    put_key(*entry.key);
    put(",\"region\":\"");
    put(entry.key->region.name());
    put("\",\"act\":\"");
    put(name_of(entry.action));
    put_count("\",\"part\":", entry.part);
    put_count(",\"of\":", entry.parts);
    put_text(",\"text\":\"", entry.text, kJournalValueBytesMax);
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const RunEndEntry& end) {
    begin_line(time, JournalEvent::end);
    put_text(",\"how\":\"", end.how, kJournalNameBytesMax);
    put_optional_text(",\"code\":\"", end.code, kJournalNameBytesMax);
    put_optional_text(",\"message\":\"", end.message, kJournalEndMessageBytesMax);
    if (end.reason_time) {
        put_time(",\"at\":\"", *end.reason_time);
    }
    put_throttles(end.throttles);
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JournalAccess& access) {
    begin_line(time, JournalEvent::access);
    if (access.endpoint != JournalAccess::Endpoint::unknown) {
        put(",\"endpoint\":\"");
        put(name_of(access.endpoint));
        put("\"");
    }
    put_optional_text(",\"origin\":\"", access.origin, kJournalOriginBytesMax);
    if (!access.callers.empty()) {
        put(",\"callers\":{");
        std::string_view separator = "\"";
        std::size_t listed = 0;
        for (const JournalAccess::Caller& caller : access.callers) {
            if (listed++ == kJournalCallersMax) {
                break;
            }
            put_text(separator, caller.account, 12);
            const bool fits = caller.arn.size() <= kJournalNameBytesMax;
            put_text(":\"", fits ? std::string_view(caller.arn) : "", kJournalNameBytesMax);
            separator = ",\"";
        }
        put("}");
    }
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JournalRewrite& rewrite) {
    begin_line(time, JournalEvent::rewritten);
    put(",\"opt\":1,\"how\":\"");
    put(name_of(rewrite.how));
    put_count("\",\"records\":", rewrite.records_before);
    put_count(",\"lost\":", rewrite.records_lost);
    put_count(",\"carried\":", rewrite.jobs_carried);
    put_count(",\"dropped\":", rewrite.jobs_dropped);
    put_count(",\"not_begun\":", rewrite.jobs_not_begun);
    put_optional_text(",\"plan_before\":\"", rewrite.plan_sha256_before, kJournalDigestBytesMax);
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JournalLoss& loss) {
    begin_line(time, JournalEvent::lost);
    put_count(",\"bytes\":", loss.bytes);
    if (loss.records > 0) {
        put_count(",\"records\":", loss.records);
    }
    end_line(out);
}

bool JournalEncoder::append_copy(std::string& out, std::string_view text) {
    if (text.size() > kJournalLineBytesMax - kFrameBytesMax - kJournalSealBytes - 1) {
        return false;
    }
    begin_frame();
    put(text);
    end_line(out);
    return true;
}

}  // namespace keyferry::engine
