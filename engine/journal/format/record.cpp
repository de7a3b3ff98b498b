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

namespace keyferry::engine {
namespace {

/// Creation dates outside this range are invalid and not written: from 1970 to about the year 5138.
constexpr double kCreationDateMax_s = 1e11;

char* write_crc(char* at, std::uint32_t crc) noexcept {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    for (int shift = 28; shift >= 0; shift -= 4) {
        *at++ = kHexDigits[(crc >> static_cast<unsigned>(shift)) & 0xfU];
    }
    return at;
}

/// Maximum size of the start of a line, up to but excluding `,"t":`.
constexpr std::size_t kFrameBytesMax = 64;

}  // namespace

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
    // Built here because KeyArn::text() allocates a string. All parts are validated and contain
    // nothing to escape.
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
    end_line(out);
}

void JournalEncoder::append(std::string& out, io::WallTime time, const JobEntry& entry) {
    assert(entry.event >= JournalEvent::sent && entry.event <= JournalEvent::deferred);
    assert(entry.primary != nullptr && entry.region != nullptr && entry.attempt >= 0);
    begin_line(time, entry.event);
    put_count(",\"job\":", entry.job);
    put_key(*entry.primary);
    put(",\"region\":\"");
    put(entry.region->name());
    put("\"");
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
    end_line(out);
}

void JournalEncoder::append_end(std::string& out, io::WallTime time, std::string_view how) {
    begin_line(time, JournalEvent::end);
    put_text(",\"how\":\"", how, kJournalNameBytesMax);
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
