PRAGMA application_id = 0x41757263;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE clip (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER,
        modified_ns INTEGER,
        fingerprint BLOB,
        state TEXT NOT NULL DEFAULT 'waiting',
        position INTEGER NOT NULL,
        owner TEXT NOT NULL DEFAULT '',
        renewed REAL,
        attempts INTEGER NOT NULL DEFAULT 0,
        added TEXT NOT NULL,
        captioned TEXT,
        deleted TEXT,
        duration_s REAL,
        caption TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        warnings TEXT NOT NULL DEFAULT '[]',
        corrected INTEGER NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '',
        listed INTEGER NOT NULL DEFAULT 1,
        missing INTEGER NOT NULL DEFAULT 0
    );
INSERT INTO "clip" VALUES(1,'/home/mila/Field recordings/yard dög.wav','/home/mila/Field recordings','yard dög.wav',NULL,NULL,NULL,'done',1,'',NULL,0,'2026-01-01 12:00:00','2026-01-01 12:05:00',NULL,9.5,'A dog barks twice. Silence.','','["the end is missing"]',0,'starter',1,0);
INSERT INTO "clip" VALUES(2,'/home/mila/Field recordings/storm.flac','/home/mila/Field recordings','storm.flac',NULL,NULL,NULL,'done',2,'',NULL,0,'2026-01-02 12:00:00','2026-01-02 12:05:00',NULL,20.0,'Rain falls on a roof. Thunder rumbles far away.','','[]',1,'starter',0,0);
INSERT INTO "clip" VALUES(3,'/home/mila/Field recordings/notes.txt','/home/mila/Field recordings','notes.txt',NULL,NULL,NULL,'failed',3,'',NULL,0,'2026-01-03 12:00:00',NULL,NULL,NULL,'','notes.txt: no sound in it','[]',0,'',1,0);
INSERT INTO "clip" VALUES(4,'/home/mila/Field recordings/later.wav','/home/mila/Field recordings','later.wav',NULL,NULL,NULL,'waiting',4,'',NULL,0,'2026-01-04 12:00:00',NULL,NULL,NULL,'','','[]',0,'',1,0);
INSERT INTO "clip" VALUES(5,'/home/mila/Field recordings/stopped.wav','/home/mila/Field recordings','stopped.wav',NULL,NULL,NULL,'cancelled',5,'',NULL,0,'2026-01-05 12:00:00',NULL,NULL,NULL,'','','[]',0,'',1,0);
CREATE TABLE segment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        clip INTEGER NOT NULL REFERENCES clip (id) ON DELETE CASCADE,
        start_s REAL NOT NULL,
        end_s REAL NOT NULL,
        machine TEXT NOT NULL,
        corrected TEXT,
        candidates TEXT NOT NULL DEFAULT '[]',
        band TEXT,
        embedding BLOB
    );
INSERT INTO "segment" VALUES(1,1,0.0,5.0,'A dog barks twice.',NULL,'[["A dog barks twice.",-0.21,[5,9,12,31],["a","dog","barks","twice"],[null,1.25,1.5,null]],["Dogs bark.",-0.6,[9,12],["dogs","bark"],[1.25,1.5]]]','sure',X'003C00000000');
INSERT INTO "segment" VALUES(2,1,5.0,9.5,'Silence.',NULL,'[]',NULL,NULL);
INSERT INTO "segment" VALUES(3,2,0.0,10.0,'Rain falls on a roof.',NULL,'[["Rain falls on a roof.",-0.4,[],[],[]]]','likely',X'0000003C0000');
INSERT INTO "segment" VALUES(4,2,10.0,20.0,'Thunder rolls.','Thunder rumbles far away.','[["Thunder rolls.",-0.4,[],[],[]]]','guess',X'00000000003C');
CREATE INDEX clip_path ON clip (path);
CREATE INDEX clip_queue ON clip (position) WHERE state = 'waiting' AND listed AND deleted IS NULL;
CREATE INDEX segment_clip ON segment (clip, start_s);
CREATE VIRTUAL TABLE heard USING fts5 (
        words, stems, names, tokenize = 'ascii', detail = column, columnsize = 0, prefix = '1 2 3'
    );
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (heard, col);
INSERT INTO heard (rowid, words, stems, names) VALUES (1, 'a dog barks twice silence', 'dog bark silenc', 'yard dog wav yard dog wav');
INSERT INTO heard (rowid, words, stems, names) VALUES (2, 'rain falls on a roof thunder rumbles far away', 'rain fal roof thunder rumbl far', 'storm flac storm flac');
CREATE INDEX clip_day ON clip (substr(added, 1, 10)) WHERE captioned IS NOT NULL AND deleted IS NULL;
DROP INDEX clip_queue;
CREATE INDEX clip_state ON clip (state, position);
CREATE INDEX clip_listed ON clip (state) WHERE listed AND deleted IS NULL;
CREATE INDEX clip_fingerprint ON clip (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX clip_folder ON clip (folder) WHERE captioned IS NOT NULL AND deleted IS NULL;
ALTER TABLE clip ADD COLUMN written BLOB;
ALTER TABLE clip ADD COLUMN started TEXT;
COMMIT;
