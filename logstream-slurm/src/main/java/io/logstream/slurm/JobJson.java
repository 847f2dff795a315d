package io.logstream.slurm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the JSON that {@code squeue} and {@code slurmrestd} tell jobs with, in one pass. All shapes from v0.0.36 to v0.0.45
 * are understood by what they look like, not by their version:
 *
 * <pre>{@code
 *                       to v0.0.38            from v0.0.39                             from v0.0.40
 *   job_state           "COMPLETING"          "COMPLETED"                              ["COMPLETED","COMPLETING"]
 *   array_task_id       5, null               {"set":true,"infinite":false,"number":5}
 *   exit_code           768                   {"return_code":..,"signal":{"signal_id":..}}  {"signal":{"id":..}}
 *   standard_output     the pattern           partly expanded; from v0.0.43 the pattern again
 *   stdout_expanded                                                                    from v0.0.43
 *   version.major       22                    22                                       "24"
 * }</pre>
 *
 * For one thread.
 */
final class JobJson {
    /** The number with which Slurm says that there is no such job. */
    static final long NO_SUCH_JOB = 2017;
    /** The same of a node. */
    static final long NO_SUCH_NODE = 2018;
    /** The number with which it says that this user may not know. */
    static final long DENIED = 2002;

    private static final JsonFactory FACTORY = new JsonFactory();

    private final List<SlurmJob> jobs = new ArrayList<>();
    private int major;
    private int minor;
    private long errorNumber;
    private String error = "";

    /** Takes one field of an object, whose value the parser is at. What it leaves of the value is skipped. */
    private interface Field {
        void take(String name) throws IOException;
    }

    private JobJson() {}

    /** @throws IOException if this is no JSON, or ends too early */
    static JobJson read(String json) throws IOException {
        JobJson read = new JobJson();
        try (JsonParser at = FACTORY.createParser(json)) {
            at.nextToken();
            read.document(at);
            if (at.currentToken() != JsonToken.END_OBJECT) {
                throw new IOException("Slurm's answer is no JSON object, or was cut off");
            }
        }
        return read;
    }

    List<SlurmJob> jobs() {
        return jobs;
    }

    /** Slurm's release, as 2205, or 0. */
    int release() {
        return 100 * major + minor;
    }

    /** The number of the first error, or 0. */
    long errorNumber() {
        return errorNumber;
    }

    /** The text of the first error. */
    String error() {
        return error;
    }

    private void document(JsonParser at) throws IOException {
        object(at, name -> {
            switch (name) {
                case "jobs" -> array(at, () -> jobs.add(job(at)));
                case "meta" -> meta(at);
                case "errors" -> array(at, () -> error(at));
                default -> at.skipChildren();
            }
        });
    }

    private void meta(JsonParser at) throws IOException {
        object(at, name -> {
            if (!name.equalsIgnoreCase("slurm")) {
                at.skipChildren();
                return;
            }
            object(at, inner -> {
                if (!inner.equals("version")) {
                    at.skipChildren();
                    return;
                }
                object(at, part -> {
                    int number = (int) Math.max(0, number(at));
                    if (part.equals("major")) {
                        major = number;
                    } else if (part.equals("minor")) {
                        minor = number;
                    }
                });
            });
        });
    }

    private void error(JsonParser at) throws IOException {
        String[] texts = {"", ""};
        long[] code = {0};
        object(at, name -> {
            switch (name) {
                case "error_number", "errno" -> code[0] = number(at);
                case "error" -> texts[0] = text(at);
                case "description" -> texts[1] = text(at);
                default -> at.skipChildren();
            }
        });
        if (error.isEmpty() && errorNumber == 0) {
            errorNumber = code[0];
            error = Text.shown(texts[0].isEmpty() ? texts[1] : texts[0]);
        }
    }

    private static SlurmJob job(JsonParser at) throws IOException {
        JobFields job = new JobFields();
        object(at, name -> {
            switch (name) {
                case "job_id" -> job.id = number(at);
                case "array_job_id" -> job.arrayId = Math.max(0, number(at));
                case "array_task_id" -> job.taskId = number(at);
                case "array_task_string" -> job.waitingTasks = text(at);
                case "het_job_id" -> job.hetId = Math.max(0, number(at));
                case "het_job_offset" -> job.hetOffset = (int) Math.max(0, number(at));
                case "job_state" -> states(at, job);
                case "state_reason" -> job.reason = text(at);
                case "name" -> job.name = text(at);
                case "user_name" -> job.user = text(at);
                case "current_working_directory" -> job.workDirectory = text(at);
                case "standard_output" -> job.stdout = text(at);
                case "standard_error" -> job.stderr = text(at);
                case "stdout_expanded" -> job.stdoutFile = text(at);
                case "stderr_expanded" -> job.stderrFile = text(at);
                case "batch_host" -> job.batchHost = text(at);
                case "nodes" -> job.nodes = text(at);
                case "restart_cnt" -> job.restarts = (int) Math.max(0, number(at));
                case "exit_code" -> exitCode(at, job);
                case "start_time" -> job.start = number(at);
                case "end_time" -> job.end = number(at);
                default -> at.skipChildren();
            }
        });
        return job.job();
    }

    private static void states(JsonParser at, JobFields job) throws IOException {
        if (at.currentToken() == JsonToken.START_ARRAY) {
            array(at, () -> job.state(text(at)));
        } else {
            job.state(text(at));
        }
    }

    private static void exitCode(JsonParser at, JobFields job) throws IOException {
        if (at.currentToken() != JsonToken.START_OBJECT) {
            job.status(Math.max(0, number(at)));
            return;
        }
        object(at, name -> {
            switch (name) {
                case "return_code" -> job.exitCode = (int) Math.max(0, number(at));
                case "signal" ->
                    object(at, inner -> {
                        if (inner.equals("id") || inner.equals("signal_id")) {
                            job.signal = (int) Math.max(0, number(at));
                        } else {
                            at.skipChildren();
                        }
                    });
                default -> at.skipChildren();
            }
        });
    }

    /** A number, a text of digits, or {@code {set,infinite,number}}; -1 for none. */
    private static long number(JsonParser at) throws IOException {
        switch (at.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                return at.getValueAsLong(-1);
            }
            case VALUE_STRING -> {
                return at.getText().matches("\\d{1,18}") ? Long.parseLong(at.getText()) : -1;
            }
            case START_OBJECT -> {
                long[] found = {-1};
                boolean[] unset = {false};
                object(at, name -> {
                    switch (name) {
                        case "number" -> found[0] = number(at);
                        case "set" -> unset[0] |= at.currentToken() == JsonToken.VALUE_FALSE;
                        case "infinite" -> unset[0] |= at.currentToken() == JsonToken.VALUE_TRUE;
                        default -> at.skipChildren();
                    }
                });
                return unset[0] ? -1 : found[0];
            }
            default -> {
                at.skipChildren();
                return -1;
            }
        }
    }

    private static String text(JsonParser at) throws IOException {
        if (at.currentToken() != JsonToken.VALUE_STRING) {
            at.skipChildren();
            return "";
        }
        String text = at.getText();
        return text.equals("(null)") ? "" : text;
    }

    private static void object(JsonParser at, Field field) throws IOException {
        if (at.currentToken() != JsonToken.START_OBJECT) {
            at.skipChildren();
            return;
        }
        while (at.nextToken() == JsonToken.FIELD_NAME) {
            String name = at.currentName();
            at.nextToken();
            field.take(name);
        }
    }

    /** Takes one element of an array. */
    private interface Element {
        void take() throws IOException;
    }

    private static void array(JsonParser at, Element element) throws IOException {
        if (at.currentToken() != JsonToken.START_ARRAY) {
            at.skipChildren();
            return;
        }
        for (JsonToken token = at.nextToken(); token != null && token != JsonToken.END_ARRAY; token = at.nextToken()) {
            element.take();
        }
    }
}
