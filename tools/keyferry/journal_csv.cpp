#include "tools/keyferry/journal_csv.hpp"

#include "engine/journal_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace keyferry {

namespace {

constexpr std::string_view kNames =
    "job,primary,region,outcome,attribution,key_state,attempts,first_sent,last_record,"
    "replica_created,code,message,request_id\r\n";

std::string creation_time(double epoch_s) {
    return journal_time(WallTime{std::chrono::milliseconds{std::llround(epoch_s * 1000)}});
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

JournalCsv::JournalCsv(std::FILE* file) : file_(file) {
    write(kNames);
}

void JournalCsv::record(const JournalRecord& /*record*/) {}

void JournalCsv::job(const JournalJobRow& row) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_),
                   "{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                   row.job,
                   csv_text(row.key),
                   csv_text(row.region),
                   name_of(row.phase),
                   row.attribution ? name_of(*row.attribution) : "",
                   csv_text(row.key_state),
                   row.attempts > 0 ? std::to_string(row.attempts) : "",
                   row.first_sent ? journal_time(*row.first_sent) : "",
                   journal_time(row.last_record),
                   row.creation_date_s ? creation_time(*row.creation_date_s) : "",
                   csv_text(row.code),
                   csv_text(row.message),
                   csv_text(row.request_id));
    write(line_);
}

void JournalCsv::finish() {
    if (std::fflush(file_) != 0) {
        throw std::runtime_error("writing the CSV: " + std::generic_category().message(errno));
    }
}

void JournalCsv::write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
        throw std::runtime_error("writing the CSV: " + std::generic_category().message(errno));
    }
}

}  // namespace keyferry
