package io.logstream.slurm;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What {@code squeue -O} prints when each field ends with a separator instead of being filled up to a width:
 *
 * <pre>{@code
 *   12<s>12<s>N/A<s>RUNNING<s>...<s>LF     the separator is some letters between bars
 * }</pre>
 *
 * The letters are other ones in each question, so that no field has them: a job's name may have any character, line feeds too.
 *
 * A field that Slurm knows nothing for is {@code N/A}, {@code n/a}, {@code (null)}, {@code NONE} or {@code Unknown}.
 */
final class SqueueTable {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final List<String> FIELDS = List.of(
            "JobID",
            "ArrayJobID",
            "ArrayTaskID",
            "HetJobID",
            "HetJobOffset",
            "State",
            "Reason",
            "StdOut",
            "STDERR",
            "WorkDir",
            "Name",
            "UserName",
            "BatchHost",
            "NodeList",
            "RestartCnt",
            "exit_code",
            "StartTime",
            "EndTime");

    private SqueueTable() {}

    /** A separator for one question. */
    static String separator() {
        StringBuilder letters = new StringBuilder("|");
        RANDOM.ints(10, 'a', 'z' + 1).forEach(letter -> letters.append((char) letter));
        return letters.append('|').toString();
    }

    /** The argument of {@code -O}. */
    static String format(String separator) {
        return FIELDS.stream().map(field -> field + ":" + separator).collect(Collectors.joining(","));
    }

    /** @throws IllegalArgumentException if this is no such table */
    static List<SlurmJob> jobs(String table, String separator) {
        String[] cells = table.split(Pattern.quote(separator), -1);
        if ((cells.length - 1) % FIELDS.size() != 0) {
            throw new IllegalArgumentException("squeue printed " + (cells.length - 1) + " fields, not a multiple of "
                    + FIELDS.size() + ": " + Text.shown(table));
        }
        List<SlurmJob> jobs = new ArrayList<>();
        for (int row = 0; row + FIELDS.size() < cells.length; row += FIELDS.size()) {
            JobFields job = new JobFields();
            for (int i = 0; i < FIELDS.size(); i++) {
                String cell = i == 0 ? cells[row].strip() : cells[row + i];
                set(job, FIELDS.get(i), cell);
            }
            jobs.add(withDefaults(job).job());
        }
        return jobs;
    }

    private static void set(JobFields job, String field, String cell) {
        switch (field) {
            case "JobID" -> job.id = jobNumber(cell);
            case "ArrayJobID" -> job.arrayId = number(cell);
            case "ArrayTaskID" -> {
                if (cell.matches("\\d{1,10}")) {
                    job.taskId = Long.parseLong(cell);
                } else {
                    job.waitingTasks = known(cell);
                }
            }
            case "HetJobID" -> job.hetId = number(cell);
            case "HetJobOffset" -> job.hetOffset = (int) number(cell);
            case "State" -> job.state(cell);
            case "Reason" -> job.reason = cell;
            case "StdOut" -> job.stdout = known(cell);
            case "STDERR" -> job.stderr = known(cell);
            case "WorkDir" -> job.workDirectory = known(cell);
            case "Name" -> job.name = cell;
            case "UserName" -> job.user = cell;
            case "BatchHost" -> job.batchHost = known(cell);
            case "NodeList" -> job.nodes = known(cell);
            case "RestartCnt" -> job.restarts = (int) number(cell);
            case "exit_code" -> job.status(number(cell));
            case "StartTime" -> job.start = number(cell);
            default -> job.end = number(cell);
        }
    }

    /** squeue puts a name in place of the default, which is wrong for arrays; and stdout in place of no file for errors. */
    private static JobFields withDefaults(JobFields job) {
        if (job.taskId < 0 && job.waitingTasks.isEmpty()) {
            job.arrayId = 0;
        }
        if (job.stdout.equals(job.stderr)) {
            job.stderr = "";
        }
        if (job.stdout.equals(job.workDirectory + "/slurm-" + job.id + ".out")) {
            job.stdout = "";
        }
        return job;
    }

    private static String known(String cell) {
        return switch (cell) {
            case "N/A", "n/a", "(null)", "NONE", "Unknown", "None assigned" -> "";
            default -> cell;
        };
    }

    /** A row that can't be read is no row that is not there: its job would be taken to be over. */
    private static long jobNumber(String cell) {
        long number = number(cell);
        if (number == 0) {
            throw new IllegalArgumentException("squeue printed '" + Text.shown(cell) + "' for the number of a job");
        }
        return number;
    }

    private static long number(String cell) {
        return cell.matches("\\d{1,18}") ? Long.parseLong(cell) : 0;
    }
}
