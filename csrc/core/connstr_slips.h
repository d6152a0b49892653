/* SPDX-License-Identifier: MIT */
/* What goes wrong when people copy connection strings, and what to say then:
 * names of properties, never a value, which could be a key. */
#ifndef ASR_CONNSTR_SLIPS_H
#define ASR_CONNSTR_SLIPS_H

#include "core/connstr.h"

/* The names of properties, in the order of their enum. */
extern const char *const asr_connstr_names[ASR_CS_COUNT];

/* Sets the error to the texts, one after the other (NULL: none); returns
 * ASR_INVALID. */
enum asr_status asr_connstr_refuse(struct asr_connstr_error *error,
                                   const char *const texts[4]);
/* "<property> <rule>" */
enum asr_status asr_connstr_refuse_one(struct asr_connstr_error *error,
                                       enum asr_connstr_property which,
                                       const char *rule);
/* The property of this name, in any case; else ASR_CS_COUNT. */
enum asr_connstr_property asr_connstr_find(struct asr_span name);

/* The checks: ASR_OK, or ASR_INVALID with the error set. */

/* The text as a whole, trimmed and not empty, before it is taken apart. */
enum asr_status asr_connstr_check_text(struct asr_span text,
                                       struct asr_connstr_error *error);
/* A part without "=". */
enum asr_status asr_connstr_check_part(struct asr_span part,
                                       struct asr_connstr_error *error);
/* A name that is no property's, and its value. */
enum asr_status asr_connstr_check_unknown(struct asr_span name,
                                          struct asr_span value,
                                          struct asr_connstr_error *error);
/* The value of a property. */
enum asr_status asr_connstr_check_value(const struct asr_connstr *cs,
                                        enum asr_connstr_property which,
                                        struct asr_connstr_error *error);
/* An AuthType that is none, where no AccessKey is given. */
enum asr_status asr_connstr_check_type(struct asr_span type,
                                       struct asr_connstr_error *error);

#endif
