// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/export/csv.hpp"

#include "engine/journal/format/text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <stdexcept>

namespace keyferry::cli {

namespace {

constexpr std::string_view kColumns =
    "job,primary,region,outcome,attribution,key_state,attempts,first_sent,last_record,"
    "replica_created,code,message,request_id,action\r\n";

constexpr std::size_t kWriteBytes = 256U << 10U;

std::string creation_time(double epoch_s) {
    return engine::journal_time(
        io::WallTime{std::chrono::milliseconds{std::llround(epoch_s * 1000)}});
}

}  // namespace

std::string csv_text(std::string_view text) {
    const bool is_formula =
        !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    std::string field = is_formula ? "'" : "";
    bool is_quoted = false;
    for (const char character : text) {
        is_quoted =
            is_quoted || std::string_view(",\"\r\n").find(character) != std::string_view::npos;
        if (character == '"') {
            field += '"';
        }
        field += character;
    }
    return is_quoted ? "\"" + field + "\"" : field;
}

std::string unfinished_jobs_csv(const engine::UnfinishedJobs& unfinished) {
    std::string text =
        "job,primary,region,outcome,code,message,request_id,attempts,last_record,action,advice\r\n";
    for (const engine::JournalJobRow& row : unfinished.jobs) {
        fmt::format_to(std::back_inserter(text),
                       "{},{},{},{},{},{},{},{},{},{},{}\r\n",
                       row.job,
                       csv_text(row.key),
                       csv_text(row.region),
                       name_of(row.phase),
                       csv_text(engine::code_of(row)),
                       csv_text(row.message),
                       csv_text(row.request_id),
                       row.attempts > 0 ? std::to_string(row.attempts) : "",
                       engine::journal_time(row.last_record),
                       name_of(row.action),
                       csv_text(engine::advice_on(row, unfinished.report.verb)));
    }
    return text;
}

void JournalCsv::begin() {
    write(kColumns);
}

void JournalCsv::record(const engine::JournalRecord& /*record*/) {}

void JournalCsv::job(const engine::JournalJobRow& row) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_),
                   "{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                   row.job,
                   csv_text(row.key),
                   csv_text(row.region),
                   name_of(row.phase),
                   row.attribution ? name_of(*row.attribution) : "",
                   csv_text(row.key_state),
                   row.attempts > 0 ? std::to_string(row.attempts) : "",
                   row.first_sent ? engine::journal_time(*row.first_sent) : "",
                   engine::journal_time(row.last_record),
                   row.creation_date_s ? creation_time(*row.creation_date_s) : "",
                   csv_text(row.code),
                   csv_text(row.message),
                   csv_text(row.request_id),
                   name_of(row.action));
    write(line_);
}

void JournalCsv::finish() {
    write_out();
}

void JournalCsv::write(std::string_view text) {
    unwritten_ += text;
    if (unwritten_.size() >= kWriteBytes) {
        write_out();
    }
}

void JournalCsv::write_out() {
    if (const std::error_code error = append_(unwritten_)) {
        throw std::runtime_error("cannot write the CSV: " + error.message());
    }
    unwritten_.clear();
}

}  // namespace keyferry::cli
