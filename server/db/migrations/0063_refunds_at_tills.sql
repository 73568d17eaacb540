-- At which till it was decided that an order gives money back: cash comes out of the drawer that somebody stands at, and what is given
-- back there is on its report, also when another process carries it out. Null for the office, the web and the clock.

alter table order_refund add column register_id text collate "C";
